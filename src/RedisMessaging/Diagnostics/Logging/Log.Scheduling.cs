using Microsoft.Extensions.Logging;

namespace RedisMessaging.Diagnostics.Logging;

internal static partial class Log
{
    [LoggerMessage(7000, LogLevel.Warning, "Topic {Topic}: moving due messages failed; it is tried again")]
    public static partial void ScheduleFault(ILogger logger, string topic, Exception error);

    [LoggerMessage(7001, LogLevel.Information, "Topic {Topic}: due messages are moved again")]
    public static partial void ScheduleWorksAgain(ILogger logger, string topic);

    [LoggerMessage(7002, LogLevel.Information,
        "Topic {Topic}: this Redis user has no right to move due messages; the processes that consume the topic do it")]
    public static partial void ScheduleLeftToConsumers(ILogger logger, string topic, Exception error);

    [LoggerMessage(7003, LogLevel.Error,
        "Topic {Topic}: {Count} messages that were held back can't be put where they belong, and are dead letters now (reason " +
        "'unstorable')")]
    public static partial void ScheduledUnstorable(ILogger logger, string topic, int count);

    [LoggerMessage(7004, LogLevel.Warning,
        "Topic {Topic}: {Count} messages were held back without a time at which they are due, and are due now: {Names}")]
    public static partial void ScheduleSwept(ILogger logger, string topic, int count, string names);

    [LoggerMessage(7005, LogLevel.Information,
        "Topic {Topic}: looking for messages that were held back without a time failed; what is due is moved all the same")]
    public static partial void ScheduleSweepFailed(ILogger logger, string topic, Exception error);
}
