using Microsoft.Extensions.Logging;

namespace RedisMessaging.Diagnostics;

internal static partial class Log
{
    [LoggerMessage(2230, LogLevel.Warning, "Topic {Topic}: {Group} could not be closed within ShutdownTimeout ({ShutdownTimeout:0.0} s) because Redis does not answer; its messages come again when their leases end")]
    public static partial void ClosingLeftBehind(ILogger logger, string topic, string group, double shutdownTimeout);

    [LoggerMessage(2231, LogLevel.Warning, "Disposing the bus: {Part} could not be closed; everything else is")]
    public static partial void DisposeFailed(ILogger logger, string part, Exception error);

    [LoggerMessage(2232, LogLevel.Warning, "The bus could not be disposed within ShutdownTimeout ({ShutdownTimeout:0.0} s); closing its connections continues in the background")]
    public static partial void DisposeLeftBehind(ILogger logger, double shutdownTimeout);

    [LoggerMessage(2233, LogLevel.Warning, "Disposing the bus: {Count} messages that TryPublish had buffered could not be sent and are lost")]
    public static partial void BufferedPublishesLost(ILogger logger, int count);
}
