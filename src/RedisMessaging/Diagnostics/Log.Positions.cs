using Microsoft.Extensions.Logging;

namespace RedisMessaging.Diagnostics;

/// <summary>Positions that outlived their stream.</summary>
internal static partial class Log
{
    [LoggerMessage(2260, LogLevel.Warning, "The stream of topic {Topic} ends before {Position}, up to where it was read: it was deleted, or restored from an older state, and begins again. It is read from its beginning")]
    public static partial void TailBeginsAgain(ILogger logger, string topic, string position);

    [LoggerMessage(2261, LogLevel.Warning, "The stream of topic {Topic} ends before {Position}, behind which its history was asked for: it was deleted, or restored from an older state, and begins again. It is read from its beginning")]
    public static partial void HistoryBeginsAgain(ILogger logger, string topic, string position);

    [LoggerMessage(2262, LogLevel.Information, "The stream {Key}, which wakes this process, ends before {Position}, up to where it was read: it was deleted, or restored from an older state, and begins again. It is read from its beginning")]
    public static partial void BellBeginsAgain(ILogger logger, string key, string position);

    [LoggerMessage(2263, LogLevel.Information, "Where streams end can't be looked at: one that begins again with lower ids, after a DEL, is noticed late. Grant +eval +evalsha +script|load +xinfo|stream")]
    public static partial void EndsDenied(ILogger logger, Exception error);

    [LoggerMessage(2264, LogLevel.Information, "{Missing} of {Count} replies were gone from {Key} when they were to be removed: an earlier attempt removed them, or the stream expired or was deleted. It is read from its beginning")]
    public static partial void RepliesBeginAgain(ILogger logger, string key, int count, long missing);

    [LoggerMessage(2265, LogLevel.Warning, "The registry of family {Family} ends before the last member that is known here: it was deleted, or restored from an older state. It is read from its beginning")]
    public static partial void RegistryBeginsAgain(ILogger logger, string family);

    [LoggerMessage(2266, LogLevel.Warning, "Consumer group {Group} of topic {Topic} stood at {Position}, beyond the end of its stream: the stream was restored from an older state, or its ids were set back. The group reads it from its beginning")]
    public static partial void GroupBeginsAgain(ILogger logger, string group, string topic, string position);

    [LoggerMessage(2268, LogLevel.Error, "Consumer group {Group} of topic {Topic} stands at {Position}, beyond the end of its stream, and can't be set back to the stream's beginning: it gets nothing until the stream's ids pass that. Grant +xgroup|setid, or use ITopic.Groups.SeekAsync")]
    public static partial void GroupStaysBeyond(ILogger logger, string group, string topic, string position);

    [LoggerMessage(2267, LogLevel.Warning, "Consumer group {Group} of topic {Topic} was to start at {Position}, which is beyond the end of the stream: it starts at the stream's beginning")]
    public static partial void GroupStartsAtBeginning(ILogger logger, string group, string topic, string position);
}
