using Microsoft.Extensions.Logging;
using RedisMessaging.Redis.Errors;

namespace RedisMessaging.Diagnostics.Logging;

internal static partial class Log
{
    [LoggerMessage(12000, LogLevel.Warning,
        "The stream of topic {Topic} ends before {Position}, up to where it was read: it was deleted, or restored from an older " +
        "state, and begins again. It is read from its beginning")]
    public static partial void TailBeginsAgain(ILogger logger, string topic, string position);

    [LoggerMessage(12001, LogLevel.Information,
        "Where streams end can't be looked at: one that begins again with lower ids, after a DEL, is noticed late. Grant +eval " +
        "+evalsha +script|load +xinfo|stream")]
    public static partial void EndsDenied(ILogger logger, Exception error);

    [LoggerMessage(12002, LogLevel.Warning,
        "Consumer group {Group} of topic {Topic} stood at {Position}, beyond the end of its stream: the stream was restored from " +
        "an older state, or its ids were set back. The group reads it from its beginning")]
    public static partial void GroupBeginsAgain(ILogger logger, string group, string topic, string position);

    [LoggerMessage(12003, LogLevel.Warning,
        "Consumer group {Group} of topic {Topic} was to start at {Position}, which is beyond the end of the stream: it starts at " +
        "the stream's beginning")]
    public static partial void GroupStartsAtBeginning(ILogger logger, string group, string topic, string position);

    [LoggerMessage(12004, LogLevel.Error,
        "Consumer group {Group} of topic {Topic} stands at {Position}, beyond the end of its stream, and can't be set back to the " +
        "stream's beginning: it gets nothing until the stream's ids pass that. Grant +xgroup|setid, or use IStreamTopic.Groups.SeekAsync")]
    public static partial void GroupStaysBeyond(ILogger logger, string group, string topic, string position);

    [LoggerMessage(12005, LogLevel.Warning,
        "Group {Group} is new on stream {Topic} and starts at its beginning: it is about to handle {Count} entries. Group " +
        "'{Others}' had the same handlers, so the application may have been renamed and these entries been handled before. To " +
        "continue where that group is, set Group (or Application) to '{Other}'. To skip them, delete group {Group} " +
        "(IStreamTopic.Groups.DeleteAsync) and set StartAt to New. If they are to be handled, set StartAt to Beginning, and this is not " +
        "logged")]
    public static partial void StreamGroupLooksRenamed(ILogger logger, string group, string topic, long count, string others, string other);

    [LoggerMessage(12006, LogLevel.Warning, "Reading stream {Topic} for group {Group} failed; it is tried again")]
    public static partial void StreamReadFailed(ILogger logger, string topic, string group, Exception error);

    [LoggerMessage(12007, LogLevel.Error,
        "Reading stream {Topic} for group {Group} is refused; it is tried again, but the cause has to be fixed on the server")]
    public static partial void StreamReadRefused(ILogger logger, string topic, string group, Exception error);

    [LoggerMessage(12008, LogLevel.Information, "Reading stream {Topic} for group {Group} works again after {Seconds:0.0} s")]
    public static partial void StreamReadRecovered(ILogger logger, string topic, string group, double seconds);

    [LoggerMessage(12009, LogLevel.Warning,
        "Group {Group} of stream {Topic} was lost and was created again; it continues after {Position}")]
    public static partial void StreamGroupRestored(ILogger logger, string group, string topic, string position);

    [LoggerMessage(12010, LogLevel.Information,
        "Took over {Count} entries of stream {Topic}, group {Group}, whose consumer was silent for longer than the lease")]
    public static partial void StreamEntriesReclaimed(ILogger logger, int count, string topic, string group);

    [LoggerMessage(12011, LogLevel.Information,
        "Recovered {Count} entries of stream {Topic}, group {Group}, that were delivered to this consumer in a reply that was lost")]
    public static partial void StreamEntriesRecovered(ILogger logger, int count, string topic, string group);

    [LoggerMessage(12012, LogLevel.Warning,
        "Lost {Count} entries of stream {Topic}, group {Group}: trimmed or deleted before they were handled, the first is " +
        "{Position}. Each has a dead letter that says so, without the message")]
    public static partial void StreamEntriesLostByTrim(ILogger logger, int count, string topic, string group, string position);

    [LoggerMessage(12013, LogLevel.Information, "Removed {Count} consumers of processes that are gone from stream {Topic}, group {Group}")]
    public static partial void StreamConsumersRemoved(ILogger logger, int count, string topic, string group);

    [LoggerMessage(12014, LogLevel.Information, "Removed the broadcast group {Group} of a process that is gone from stream {Topic}")]
    public static partial void BroadcastGroupDropped(ILogger logger, string group, string topic);

    [LoggerMessage(12015, LogLevel.Warning,
        "Cleaning up after processes that are gone failed on stream {Topic}, group {Group}; it is tried again later")]
    public static partial void StreamCleanupFailed(ILogger logger, string topic, string group, Exception error);

    [LoggerMessage(12016, LogLevel.Warning,
        "Leaving stream {Topic}, group {Group} failed; what was held comes back to the group when its lease ends")]
    public static partial void StreamLeaveFailed(ILogger logger, string topic, string group, Exception error);

    [LoggerMessage(12017, LogLevel.Information,
        "Dropped {Count} entries of stream {Topic}, group {Group}, that waited here unhandled until another consumer took them " +
        "over")]
    public static partial void StreamRepliesLost(ILogger logger, int count, string topic, string group);

    [LoggerMessage(12018, LogLevel.Warning,
        "Redis forgot that {Count} entries of stream {Topic}, group {Group}, are in hand here: either their group was deleted, or " +
        "they were trimmed or deleted, or another program acked them. They are handled here all the same; what the stream still " +
        "has may be handed out again")]
    public static partial void StreamEntriesOrphaned(ILogger logger, long count, string topic, string group);

    [LoggerMessage(12019, LogLevel.Information,
        "Another process has the broadcast name {Name} of stream {Topic}, group {Group}: if it is gone, the name is free in " +
        "{Seconds:0.0} s at the latest")]
    public static partial void BroadcastNameAwaited(ILogger logger, string name, string topic, string group, double seconds);

    [LoggerMessage(12020, LogLevel.Error,
        "The broadcast name {Name} of stream {Topic}, group {Group}, was taken by another process while this one was cut off: it " +
        "receives nothing until that one stops. Two processes must not have one name")]
    public static partial void BroadcastNameLost(ILogger logger, string name, string topic, string group);

    [LoggerMessage(12021, LogLevel.Information,
        "The broadcast name {Name} of stream {Topic}, group {Group}, belongs to this process again: it receives messages")]
    public static partial void BroadcastNameRegained(ILogger logger, string name, string topic, string group);

    [LoggerMessage(12022, LogLevel.Warning,
        "Renewing the broadcast name {Name} of stream {Topic}, group {Group}, failed; it is tried again")]
    public static partial void BroadcastNameNotRenewed(ILogger logger, string name, string topic, string group, Exception error);

    [LoggerMessage(12023, LogLevel.Warning, "Following stream {Topic} failed ({Kind}); it continues from its position")]
    public static partial void StreamTailFault(ILogger logger, string topic, FaultKind kind, Exception error);

    [LoggerMessage(12024, LogLevel.Warning,
        "Group {Group} of stream {Topic} is abandoned: it had no consumer for {Silent}. Soon it will no longer keep the stream " +
        "from being trimmed. {Unread} entries are unread, {Pending} are pending. Start a consumer, or delete the group")]
    public static partial void StreamGroupAbandoned(
        ILogger logger, string group, string topic, TimeSpan silent, long? unread, long pending);

    [LoggerMessage(12025, LogLevel.Warning,
        "Removed entries of stream {Topic} that group {Group} still had to handle: {Unread} unread, {Pending} pending")]
    public static partial void StreamTrimmedUnread(ILogger logger, string topic, string group, long unread, long pending);

    [LoggerMessage(12026, LogLevel.Warning,
        "Group {Group} of stream {Topic} has a consumer again after it was announced as abandoned; it missed {Count} entries, " +
        "which were trimmed before it had read them")]
    public static partial void StreamGroupBack(ILogger logger, string group, string topic, long count);

    [LoggerMessage(12027, LogLevel.Warning, "Trimming stream {Topic} failed; it is tried again later")]
    public static partial void StreamTrimFailed(ILogger logger, string topic, Exception error);

    [LoggerMessage(12028, LogLevel.Information, "This Redis user has no right to trim stream {Topic}; the topic's consumers do it")]
    public static partial void StreamTrimLeftToConsumers(ILogger logger, string topic, Exception error);

    [LoggerMessage(12029, LogLevel.Error,
        "Stream {Topic} has {Count} groups, and group {Group} deletes on ack (DeleteOnAck), but XACKDEL (Redis 8.2) is not there " +
        "or not allowed: what is acked stays until retention trims it, so that no group loses anything. Upgrade the server, grant " +
        "+xackdel, leave DeleteOnAck out, or delete the other groups")]
    public static partial void StreamDeletesForOthers(ILogger logger, string topic, long count, string group);
}
