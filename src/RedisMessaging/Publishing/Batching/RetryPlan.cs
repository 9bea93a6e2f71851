namespace RedisMessaging.Publishing.Batching;

/// <summary>What happens before the next attempt at failed publishes.</summary>
/// <param name="IsNeeded">Whether anything is left to send again.</param>
/// <param name="Wait">How long to wait before the attempt.</param>
/// <param name="Earlier">Ends when the attempt should begin earlier.</param>
/// <param name="Ended">Publishes without a further attempt: they have to be completed.</param>
/// <param name="Retried">How many messages are sent again.</param>
/// <param name="Error">Why the first of them failed.</param>
internal readonly record struct RetryPlan(
    bool IsNeeded,
    TimeSpan Wait,
    Task Earlier,
    IReadOnlyList<PendingPublish> Ended,
    int Retried,
    Exception? Error);
