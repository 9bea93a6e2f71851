using Microsoft.Extensions.Logging;

namespace RedisMessaging.Diagnostics;

/// <summary>Calls that wait for Redis.</summary>
internal static partial class Log
{
    [LoggerMessage(2270, LogLevel.Warning, "{Subject} can't be opened yet, because Redis does not answer: tried for {Waited:0.#} s of {Limit:0.#} s (StartTimeout)")]
    public static partial void CallWaitsForRedis(ILogger logger, string subject, double waited, double limit, Exception error);
}
