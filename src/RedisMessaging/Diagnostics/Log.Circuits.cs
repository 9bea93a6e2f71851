using Microsoft.Extensions.Logging;

namespace RedisMessaging.Diagnostics;

internal static partial class Log
{
    [LoggerMessage(2350, LogLevel.Warning, "Topic {Topic}: {Group} is paused for {Seconds:0.0} s. Its handler failed {Count} times in a row with what {Rule} names; then one message is tried")]
    public static partial void CircuitOpened(ILogger logger, string topic, string group, double seconds, int count, string rule, Exception error);

    [LoggerMessage(2351, LogLevel.Warning, "Topic {Topic}: {Group} is paused for another {Seconds:0.0} s. The message that was tried failed with what {Rule} names")]
    public static partial void CircuitStaysOpen(ILogger logger, string topic, string group, double seconds, string rule, Exception error);

    [LoggerMessage(2352, LogLevel.Information, "Topic {Topic}: the pause of {Group} after failures is over; one message is tried")]
    public static partial void CircuitHalfOpened(ILogger logger, string topic, string group);

    [LoggerMessage(2353, LogLevel.Information, "Topic {Topic}: {Group} handles messages again; the message that was tried succeeded")]
    public static partial void CircuitClosed(ILogger logger, string topic, string group);

    [LoggerMessage(2354, LogLevel.Information, "Handling message {MessageId} of {Topic} as {Group} failed with what {Rule} names, which paused the consumer; it goes back and no attempt is counted")]
    public static partial void GivenBackByCircuit(ILogger logger, string? messageId, string topic, string group, string rule, Exception error);

    [LoggerMessage(2355, LogLevel.Error, "A condition given to {Rule} threw on topic {Topic}, group {Group}. It counts as not met")]
    public static partial void PauseConditionFailed(ILogger logger, string rule, string topic, string group, Exception error);
}
