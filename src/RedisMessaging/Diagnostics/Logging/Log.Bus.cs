using Microsoft.Extensions.Logging;

namespace RedisMessaging.Diagnostics.Logging;

internal static partial class Log
{
    [LoggerMessage(1000, LogLevel.Error, "The background loop {Loop} ended with an unexpected error")]
    public static partial void LoopEnded(ILogger logger, string loop, Exception error);

    [LoggerMessage(1001, LogLevel.Error,
        "A listener of the meter RedisMessaging threw: what it should have counted is missing there. This is logged once")]
    public static partial void MeterListenerFailed(ILogger logger, Exception error);

    [LoggerMessage(1002, LogLevel.Error, "The background loop {Loop} ended with an unexpected error. It starts again in {Delay:0.0} s")]
    public static partial void LoopRestarted(ILogger logger, string loop, double delay, Exception error);

    [LoggerMessage(1003, LogLevel.Warning,
        "Topic {Topic}: {Group} could not be closed within ShutdownTimeout ({ShutdownTimeout:0.0} s) because Redis does not " +
        "answer; its messages come again when their leases end")]
    public static partial void ClosingLeftBehind(ILogger logger, string topic, string group, double shutdownTimeout);

    [LoggerMessage(1004, LogLevel.Warning, "Disposing the bus: {Part} could not be closed; everything else is")]
    public static partial void DisposeFailed(ILogger logger, string part, Exception error);

    [LoggerMessage(1005, LogLevel.Warning,
        "The bus could not be disposed within ShutdownTimeout ({ShutdownTimeout:0.0} s); closing its connections continues in the " +
        "background")]
    public static partial void DisposeLeftBehind(ILogger logger, double shutdownTimeout);
}
