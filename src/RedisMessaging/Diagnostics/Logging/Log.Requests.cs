using Microsoft.Extensions.Logging;

namespace RedisMessaging.Diagnostics.Logging;

internal static partial class Log
{
    [LoggerMessage(6000, LogLevel.Warning,
        "Handling request {MessageId} of {Topic} as {Group} failed (attempt {Attempt}); the requester gets the failure, and the " +
        "request is not tried again")]
    public static partial void RequestFailed(ILogger logger, string messageId, string topic, string group, int attempt, Exception error);

    [LoggerMessage(6001, LogLevel.Error,
        "The reply to request {MessageId} of {Topic}, handled by {Group}, can't be written; the requester gets a failure instead")]
    public static partial void ReplyUnwritable(ILogger logger, string messageId, string topic, string group, Exception error);

    [LoggerMessage(6002, LogLevel.Warning,
        "Writing the reply to request {MessageId} of {Topic}, handled by {Group}, failed; it is tried again")]
    public static partial void ReplyFailed(ILogger logger, string messageId, string topic, string group, Exception error);

    [LoggerMessage(6003, LogLevel.Error, "The reply to request {MessageId} of {Topic}, handled by {Group}, is lost. {Advice}")]
    public static partial void ReplyLost(ILogger logger, string messageId, string topic, string group, string advice, Exception error);

    [LoggerMessage(6004, LogLevel.Warning, "Reading the replies to this process's requests failed; it is tried again")]
    public static partial void RepliesFault(ILogger logger, Exception error);

    [LoggerMessage(6005, LogLevel.Information,
        "{Missing} of {Count} replies were gone from {Key} when they were to be removed: an earlier attempt removed them, or the " +
        "stream expired or was deleted. It is read from its beginning")]
    public static partial void RepliesBeginAgain(ILogger logger, string key, int count, long missing);
}
