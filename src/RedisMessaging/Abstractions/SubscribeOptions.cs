namespace RedisMessaging;

/// <summary>How <see cref="IMessageBus.SubscribeAsync{T}"/> and <see cref="IMessageBus.ReadAsync{T}"/> consume.</summary>
public sealed class SubscribeOptions : ConsumerOptions;
