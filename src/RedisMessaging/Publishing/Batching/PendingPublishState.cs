namespace RedisMessaging.Publishing.Batching;

internal enum PendingPublishState
{
    /// <summary>In the line, not sent yet: its caller may still withdraw it.</summary>
    Waiting,

    /// <summary>An attempt is on its way to Redis.</summary>
    UnderWay,

    /// <summary>An attempt failed, or one before it in its order did: it waits for another one.</summary>
    Failed,

    /// <summary>Its caller has been told, or is about to be.</summary>
    Done,
}
