using Microsoft.Extensions.Logging;

namespace RedisMessaging.Diagnostics;

/// <summary>What is large.</summary>
internal static partial class Log
{
    [LoggerMessage(2180, LogLevel.Warning, "The connection for large messages could not be opened. They go over the command connection, where they delay small ones and must be answered within its AsyncTimeout; it is tried again in a minute")]
    public static partial void LargeConnectionFailed(ILogger logger, Exception error);
}
