using Microsoft.Extensions.Logging;
using RedisMessaging.Redis.Errors;

namespace RedisMessaging.Diagnostics.Logging;

internal static partial class Log
{
    [LoggerMessage(11000, LogLevel.Warning, "Queue {Topic}: receiving as {Group} failed ({Kind}); it is tried again")]
    public static partial void QueueReceiveFault(ILogger logger, string topic, string group, FaultKind kind, Exception error);

    [LoggerMessage(11001, LogLevel.Information,
        "Queue {Topic}: {Group} recovered {Count} messages that it had claimed in a reply that was lost")]
    public static partial void QueueRecoveredOwn(ILogger logger, string topic, string group, int count);

    [LoggerMessage(11002, LogLevel.Warning, "Queue {Topic}: {Group} gave back {Count} messages of {Consumer}, which shows no sign of life")]
    public static partial void QueueReaped(ILogger logger, string topic, string group, long count, string consumer);

    [LoggerMessage(11003, LogLevel.Warning,
        "Queue {Topic}: {Group} could not give back the messages it held; they are delivered again when the lease ends")]
    public static partial void QueueLeaveFailed(ILogger logger, string topic, string group, Exception error);

    [LoggerMessage(11004, LogLevel.Error,
        "Queue {Topic}: {Group} could not push message {MessageId} back; it is lost (Delivery = AtMostOnce)")]
    public static partial void QueuePushBackFailed(ILogger logger, string? messageId, string topic, string group, Exception error);

    [LoggerMessage(11005, LogLevel.Warning,
        "Queue {Topic}: the claims of {Group} were deleted from Redis while it held {Count} messages. It handles them all the same")]
    public static partial void QueueClaimsLost(ILogger logger, string topic, string group, int count);

    [LoggerMessage(11006, LogLevel.Warning,
        "Queue {Topic}: idle consumers can't be woken (DEL of queue:waiting-consumers, XADD to queue:wake); they check for messages " +
        "up to ten seconds later, and then wait on dedicated connections. Grant del and xadd on the topic's keys")]
    public static partial void QueueWakeDenied(ILogger logger, string topic, Exception error);

    [LoggerMessage(11007, LogLevel.Debug, "Queue {Topic}: waking idle consumers failed; they check for messages themselves")]
    public static partial void QueueWakeFailed(ILogger logger, string topic, Exception error);

    [LoggerMessage(11008, LogLevel.Information,
        "Queue {Topic}: {Group} was idle and was not woken for {Count} messages: their publisher does not wake consumers. The " +
        "consumer waits on a dedicated connection for a while")]
    public static partial void QueueNotWoken(ILogger logger, string topic, string group, int count);
}
