using Microsoft.Extensions.Logging;

namespace RedisMessaging.Diagnostics;

internal static partial class Log
{
    [LoggerMessage(2200, LogLevel.Warning, "Recording that {Count} redelivered messages of {Topic} are about to be handled by {Group} failed; they wait, and it is tried again")]
    public static partial void StartsNotRecorded(ILogger logger, string topic, string group, int count, Exception error);
}
