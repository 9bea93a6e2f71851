namespace RedisMessaging;

/// <summary>
/// How <see cref="IMessageBus.SubscribeAsync{T}(string, MessageHandler{T}, SubscribeOptions?, CancellationToken)"/> and
/// <see cref="IMessageBus.ReadAsync{T}"/> consume.
/// </summary>
public class SubscribeOptions : ConsumerOptions;
