using Microsoft.Extensions.Logging;

namespace RedisMessaging.Diagnostics.Logging;

internal static partial class Log
{
    [LoggerMessage(4000, LogLevel.Warning, "Publishing to {Topic} in the background (TryPublish) failed; the message is lost")]
    public static partial void BackgroundPublishFailed(ILogger logger, string topic, Exception error);

    [LoggerMessage(4001, LogLevel.Debug, "Sending {Count} messages to {Topic} failed; attempt {Attempt} follows in {Delay:0.000} s")]
    public static partial void PublishRetried(ILogger logger, int count, string topic, int attempt, double delay, Exception error);

    [LoggerMessage(4002, LogLevel.Error, "Sending messages of {Topic} again ended with an unexpected error; their publishers are notified")]
    public static partial void ResendFailed(ILogger logger, string topic, Exception error);

    [LoggerMessage(4003, LogLevel.Warning,
        "Disposing the bus: {Count} messages that TryPublish had buffered could not be sent and are lost")]
    public static partial void BufferedPublishesLost(ILogger logger, int count);

    [LoggerMessage(4004, LogLevel.Warning,
        "{Subject} can't be opened yet, because Redis does not answer: tried for {Waited:0.#} s of {Limit:0.#} s (StartTimeout)")]
    public static partial void CallWaitsForRedis(ILogger logger, string subject, double waited, double limit, Exception error);

    [LoggerMessage(4005, LogLevel.Warning,
        "The server of stream {Topic} does not know XADD ... IDMP any more: publishes go without it, and one whose reply is lost " +
        "is of unknown outcome")]
    public static partial void RepeatsUnknown(ILogger logger, string topic, Exception error);
}
