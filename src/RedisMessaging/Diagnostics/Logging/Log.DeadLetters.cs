using Microsoft.Extensions.Logging;

namespace RedisMessaging.Diagnostics.Logging;

internal static partial class Log
{
    [LoggerMessage(8000, LogLevel.Warning,
        "Topic {Topic}: {Count} dead letters were dropped, the oldest first: it keeps {Limit} (DeadLetterLimit), for {MaxAge} " +
        "(DeadLetterMaxAge)")]
    public static partial void DeadLettersTrimmed(ILogger logger, string topic, long count, int limit, TimeSpan? maxAge);

    [LoggerMessage(8001, LogLevel.Warning,
        "Topic {Topic}: Redis refuses the dead letters of {Count} entries of {Group} that were trimmed while they were pending, " +
        "{Id} first; they are written later, except {Dropped}, which are too many to wait")]
    public static partial void TrimmedLettersRefused(ILogger logger, string topic, string group, int count, int dropped, string id);

    [LoggerMessage(8002, LogLevel.Error,
        "An observer of dead letters threw for message {MessageId} of {Topic}, given up by {Group} ({Reason}). It is not called " +
        "again for it")]
    public static partial void DeadLetterObserverFailed(
        ILogger logger, string? messageId, string topic, string group, string reason, Exception error);

    [LoggerMessage(8003, LogLevel.Warning,
        "Topic {Topic}: observers of dead letters of {Group} are slower than dead letters come; {Most} notices wait, and " +
        "{Dropped} were dropped so far. The dead letters themselves are written")]
    public static partial void DeadLetterNoticesDropped(ILogger logger, string topic, string group, int most, long dropped);

    [LoggerMessage(8004, LogLevel.Warning,
        "Topic {Topic}: {Group} stopped before its observers of dead letters had {Count} notices. The dead letters themselves are " +
        "written")]
    public static partial void DeadLetterNoticesLeft(ILogger logger, string topic, string group, int count);
}
