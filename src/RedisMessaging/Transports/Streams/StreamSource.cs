namespace RedisMessaging.Transports.Streams;

/// <summary>Which of a group's two streams a delivery lies in.</summary>
internal enum StreamSource : byte
{
    /// <summary>The topic's stream, which all groups read.</summary>
    Main,

    /// <summary>The group's own stream of released and retried messages.</summary>
    Retry,
}
