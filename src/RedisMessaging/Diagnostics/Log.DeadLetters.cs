using Microsoft.Extensions.Logging;

namespace RedisMessaging.Diagnostics;

internal static partial class Log
{
    [LoggerMessage(2356, LogLevel.Error, "An observer of dead letters threw for message {MessageId} of {Topic}, given up by {Group} ({Reason}). It is not called again for it")]
    public static partial void DeadLetterObserverFailed(ILogger logger, string? messageId, string topic, string group, string reason, Exception error);

    [LoggerMessage(2357, LogLevel.Warning, "Topic {Topic}: observers of dead letters of {Group} are slower than dead letters come; {Most} notices wait, and {Dropped} were dropped so far. The dead letters themselves are written")]
    public static partial void DeadLetterNoticesDropped(ILogger logger, string topic, string group, int most, long dropped);

    [LoggerMessage(2358, LogLevel.Warning, "Topic {Topic}: {Group} stopped before its observers of dead letters had {Count} notices. The dead letters themselves are written")]
    public static partial void DeadLetterNoticesLeft(ILogger logger, string topic, string group, int count);
}
