using Microsoft.Extensions.Logging;

namespace RedisMessaging.Diagnostics.Logging;

internal static partial class Log
{
    [LoggerMessage(10000, LogLevel.Error,
        "A message that Redis pushed to topic {Topic}, group {Group}, met an unexpected error before it was buffered; it is " +
        "dropped")]
    public static partial void PubSubArrivalFailed(ILogger logger, string topic, string group, Exception error);

    [LoggerMessage(10001, LogLevel.Warning,
        "Topic '{Topic}', group '{Group}': {Count} messages were dropped, because the subscription's buffer was full: " +
        "BufferCapacity is {Capacity} messages, BufferBytes {Bytes}")]
    public static partial void PubSubBufferFull(ILogger logger, string topic, string group, long count, int capacity, long bytes);

    [LoggerMessage(10002, LogLevel.Warning,
        "Topic '{Topic}': message {MessageId} on channel '{Channel}' was dropped, because it can't be handled: {Reason} " +
        "({Detail}). With KeepDeadLetters it would be dead-lettered")]
    public static partial void PubSubDiscarded(
        ILogger logger, string? messageId, string topic, string channel, string reason, string? detail);

    [LoggerMessage(10003, LogLevel.Debug,
        "UNSUBSCRIBE from '{Address}' was not confirmed; the subscription is gone from this process nevertheless")]
    public static partial void PubSubUnsubscribeFailed(ILogger logger, string address, Exception error);

    [LoggerMessage(10004, LogLevel.Warning,
        "Topic '{Topic}', group '{Group}': messages may have been missed for {Seconds:0.000} s ({Reason}), from {Since:O} until " +
        "{Until:O}")]
    public static partial void PubSubGap(
        ILogger logger, string topic, string group, SubscriptionGapReason reason, double seconds, DateTimeOffset since,
        DateTimeOffset until);

    [LoggerMessage(10005, LogLevel.Error,
        "Topic '{Topic}', group '{Group}': the callback for missed messages (OnGap, Gap) threw an exception")]
    public static partial void GapHandlerFailed(ILogger logger, string topic, string group, Exception error);

    [LoggerMessage(10006, LogLevel.Error,
        "Topic '{Topic}': message {MessageId} on channel '{Channel}' can't be handled ({Reason}) and could not be dead-lettered " +
        "either; it is lost")]
    public static partial void PubSubDeadLetterLost(
        ILogger logger, string? messageId, string topic, string channel, string reason, Exception error);

    [LoggerMessage(10007, LogLevel.Error,
        "Topic '{Topic}', group '{Group}': Redis refuses to let it subscribe again after its connection was lost; nothing is " +
        "received until the cause is fixed. It is tried again")]
    public static partial void PubSubRefused(ILogger logger, string topic, string group, Exception error);
}
