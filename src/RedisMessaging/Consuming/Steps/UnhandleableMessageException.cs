namespace RedisMessaging.Consuming.Steps;

/// <summary>The message can't be handled, now or later: it is dead-lettered with the reason, never retried.</summary>
internal sealed class UnhandleableMessageException(
    string reason,
    string detail,
    Exception? innerException = null) : Exception(detail, innerException)
{
    public string Reason { get; } = reason;
}
