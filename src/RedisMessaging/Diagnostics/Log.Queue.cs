using Microsoft.Extensions.Logging;
using RedisMessaging.Connections;

namespace RedisMessaging.Diagnostics;

internal static partial class Log
{
    [LoggerMessage(4000, LogLevel.Warning, "Queue {Topic}: receiving as {Group} met a fault ({Kind}); it goes on")]
    public static partial void QueueReceiveFault(ILogger logger, string topic, string group, RedisErrorKind kind, Exception error);

    [LoggerMessage(4001, LogLevel.Information, "Queue {Topic}: {Group} recovered {Count} messages of its own whose delivery was lost on the way")]
    public static partial void QueueRecoveredOwn(ILogger logger, string topic, string group, int count);

    [LoggerMessage(4002, LogLevel.Warning, "Queue {Topic}: {Group} gave back {Count} messages of {Consumer}, which shows no sign of life")]
    public static partial void QueueReaped(ILogger logger, string topic, string group, long count, string consumer);

    [LoggerMessage(4003, LogLevel.Warning, "Queue {Topic}: {Group} could not give back what it held; it comes back when the lease ends")]
    public static partial void QueueLeaveFailed(ILogger logger, string topic, string group, Exception error);

    [LoggerMessage(4005, LogLevel.Error, "Queue {Topic}: {Group} could not push a message back; it is lost (Delivery = AtMostOnce)")]
    public static partial void QueuePushBackFailed(ILogger logger, string topic, string group, Exception error);

    [LoggerMessage(4006, LogLevel.Warning, "Queue {Topic}: the claims of {Group} were deleted from Redis with {Count} messages in hand. They are handled here all the same")]
    public static partial void QueueClaimsLost(ILogger logger, string topic, string group, int count);
}
