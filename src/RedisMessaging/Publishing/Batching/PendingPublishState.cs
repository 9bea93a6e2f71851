namespace RedisMessaging.Publishing.Batching;

internal enum PendingPublishState
{
    /// <summary>In the queue, not sent yet: its caller may still cancel it.</summary>
    Waiting,

    /// <summary>An attempt is on its way to Redis.</summary>
    InFlight,

    /// <summary>An attempt failed, or an attempt of an earlier publish did. It waits for a retry.</summary>
    Failed,

    /// <summary>Its caller has the outcome, or gets it at once.</summary>
    Done,
}
