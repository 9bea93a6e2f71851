using Microsoft.Extensions.Logging;

namespace RedisMessaging.Diagnostics;

internal static partial class Log
{
    [LoggerMessage(4310, LogLevel.Warning, "The server of stream {Topic} does not know XADD ... IDMP any more: publishes go without it, and one whose reply is lost is of unknown outcome")]
    public static partial void RepeatsUnknown(ILogger logger, string topic, Exception error);
}
