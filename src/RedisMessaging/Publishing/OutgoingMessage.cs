namespace RedisMessaging;

/// <summary>One of many messages to publish, with options of its own.</summary>
/// <typeparam name="T">The message type.</typeparam>
/// <param name="Message">The message.</param>
/// <param name="Options">Its options; <see langword="null"/> for the defaults.</param>
public readonly record struct OutgoingMessage<T>(T Message, PublishOptions? Options = null);
