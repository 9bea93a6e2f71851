using Microsoft.Extensions.Logging;

namespace RedisMessaging.Diagnostics;

internal static partial class Log
{
    private const string Advice = "A handler must not block its thread (Thread.Sleep, Task.Wait, .Result, synchronous I/O): use await";

    [LoggerMessage(2200, LogLevel.Warning, "Recording that {Count} redelivered messages of {Topic} are about to be handled by {Group} failed; they wait, and it is tried again")]
    public static partial void StartsNotRecorded(ILogger logger, string topic, string group, int count, Exception error);

    [LoggerMessage(2201, LogLevel.Warning, "Leases were renewed {Late:0.0} s late: the process was frozen, or it did not get the processor. What it holds with a lease that ran out is not started. " + Advice)]
    public static partial void RenewalLate(ILogger logger, double late);

    [LoggerMessage(2202, LogLevel.Warning, "The thread pool has not run a piece of work for {Late:0.0} s. Leases are renewed all the same; fetching, acks and publishing wait. " + Advice)]
    public static partial void PoolBlocked(ILogger logger, double late);

    [LoggerMessage(2203, LogLevel.Warning, "The connection that leases are renewed over could not be opened ({Reason}): until it is there, the command connection renews them, which needs a thread of the pool for each reply")]
    public static partial void LeasesWithoutConnection(ILogger logger, string reason, Exception? error);

    [LoggerMessage(2204, LogLevel.Warning, "The connection that leases are renewed over did not answer, and the command connection did: it is replaced")]
    public static partial void LeaseConnectionReplaced(ILogger logger, Exception error);

    [LoggerMessage(2205, LogLevel.Warning, "{Count} messages of {Topic} were not started by {Group}: their lease ran out while they waited, and they are another consumer's by now")]
    public static partial void NotStartedLost(ILogger logger, string topic, string group, int count);
}
