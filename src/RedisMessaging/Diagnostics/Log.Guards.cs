using Microsoft.Extensions.Logging;

namespace RedisMessaging.Diagnostics;

internal static partial class Log
{
    [LoggerMessage(2120, LogLevel.Error, "A condition given to Retry.Never threw for message {MessageId} of {Topic}, handled by {Group}. It counts as not met, so the message is tried again")]
    public static partial void RetryConditionFailed(ILogger logger, string? messageId, string topic, string group, Exception error);

    [LoggerMessage(2121, LogLevel.Error, "Deciding on message {MessageId} of {Topic}, handled by {Group}, met an unexpected error (attempt {Attempt}, which failed with {Failure}). It gets {Verdict}")]
    public static partial void VerdictFailed(ILogger logger, string messageId, string topic, string group, int attempt, string failure, string verdict, Exception error);

    [LoggerMessage(2122, LogLevel.Error, "A listener of the meter RedisMessaging threw: what it should have counted is missing there. This is logged once")]
    public static partial void MeterListenerFailed(ILogger logger, Exception error);

    [LoggerMessage(2123, LogLevel.Error, "The background loop {Loop} ended with an unexpected error. It starts again in {Delay:0.0} s")]
    public static partial void LoopRestarted(ILogger logger, string loop, double delay, Exception error);

    [LoggerMessage(2124, LogLevel.Error, "Disposing what was made to handle message {MessageId} of {Topic} as {Group} threw as well. The handler's own exception decides what becomes of the message")]
    public static partial void HandlerDisposeFailed(ILogger logger, string? messageId, string topic, string group, Exception error);

    [LoggerMessage(2125, LogLevel.Error, "A callback that a handler of {Topic}, group {Group}, registered on its cancellation token threw")]
    public static partial void CancellationCallbackFailed(ILogger logger, string topic, string group, Exception error);

    [LoggerMessage(2126, LogLevel.Error, "Sending messages of {Topic} again ended with an unexpected error; their publishers are notified")]
    public static partial void ResendFailed(ILogger logger, string topic, Exception error);

    [LoggerMessage(2127, LogLevel.Error, "Stopping {Group} on {Topic} met an unexpected error; it is closed all the same")]
    public static partial void StopFailed(ILogger logger, string topic, string group, Exception error);

    [LoggerMessage(2128, LogLevel.Error, "A message that Redis pushed to topic {Topic}, group {Group}, met an unexpected error before it was buffered; it is dropped")]
    public static partial void PubSubArrivalFailed(ILogger logger, string topic, string group, Exception error);
}
