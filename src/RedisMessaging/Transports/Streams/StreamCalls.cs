using RedisMessaging.Redis.Scripting;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams;

/// <summary>The calls of the scripts on a stream's entries; each parameter has the name it has in the script's header.</summary>
internal static class StreamCalls
{
    /// <summary>The keys of stream-settle.lua.</summary>
    [LuaScript("stream-settle")]
    public static RedisKey[] SettleKeys(
        RedisKey stream, RedisKey retry, RedisKey starts, RedisKey deadLetters, RedisKey inbox, RedisKey retries,
        RedisKey retryMessages, RedisKey signal, RedisKey seen) =>
        [stream, retry, starts, deadLetters, inbox, retries, retryMessages, signal, seen];

    /// <summary>Carries out settlements.</summary>
    [LuaScript("stream-settle")]
    public static ScriptCall Settle(
        RedisKey[] keys, RedisValue group, RedisValue consumer, RedisValue topic, RedisValue limit, RedisValue maxAge,
        RedisValue lostGroupWait, VariadicArguments settlements) =>
        new(StreamScripts.Settle, keys, settlements.Behind(group, consumer, topic, limit, maxAge, lostGroupWait));

    /// <summary>Takes over a page of entries that idled for too long.</summary>
    [LuaScript("stream-reclaim")]
    public static ScriptCall Reclaim(
        RedisKey source, RedisKey starts, RedisKey deadLetters, RedisValue group, RedisValue consumer,
        RedisValue topic, RedisValue sourceCode, RedisValue minIdle, RedisValue cursor, RedisValue count,
        RedisValue maxBytes, VariadicArguments known) =>
        new(
            StreamScripts.Reclaim,
            [source, starts, deadLetters],
            known.Behind(group, consumer, topic, sourceCode, minIdle, cursor, count, maxBytes));

    /// <summary>Whether something that is pending may be gone from its stream.</summary>
    [LuaScript("stream-pending-gone")]
    public static ScriptCall PendingGone(RedisKey stream, RedisKey retry, RedisValue group) =>
        new(StreamScripts.PendingGone, [stream, retry], [group]);

    /// <summary>Renews what is pending for a consumer, whether it has arrived there or not.</summary>
    [LuaScript("stream-renew-pending")]
    public static ScriptCall RenewPending(RedisKey stream, RedisKey retry, RedisValue group, RedisValue consumer, RedisValue minIdle) =>
        new(StreamScripts.RenewPending, [stream, retry], [group, consumer, minIdle]);

    /// <summary>Entries that are pending for a consumer and gone from the stream.</summary>
    [LuaScript("stream-dead-letter-trimmed")]
    public static ScriptCall DeadLetterTrimmed(
        RedisKey source, RedisKey starts, RedisKey deadLetters, RedisValue group, RedisValue consumer,
        RedisValue topic, RedisValue sourceCode, VariadicArguments ids) =>
        new(StreamScripts.DeadLetterTrimmed, [source, starts, deadLetters], ids.Behind(group, consumer, topic, sourceCode));

    /// <summary>
    /// Writes the dead letters of entries that were dropped from the pending ones when their dead letters were refused (stream-
    /// reclaim.lua).
    /// </summary>
    [LuaScript("stream-write-trimmed")]
    public static ScriptCall WriteTrimmed(
        RedisKey starts, RedisKey deadLetters, RedisValue group, RedisValue topic, RedisValue sourceCode,
        VariadicArguments ids) =>
        new(StreamScripts.WriteTrimmed, [starts, deadLetters], ids.Behind(group, topic, sourceCode));

    /// <summary>
    /// Trims a stream to what its topic's retention allows, up to the first entry that some group has not read or has pending.
    /// </summary>
    [LuaScript("stream-trim")]
    public static ScriptCall Trim(
        RedisKey stream, RedisKey seen, RedisValue maxLength, RedisValue maxAge, RedisValue exact, RedisValue force,
        RedisValue abandonedAfter, RedisValue grace, RedisValue returnTime) =>
        new(StreamScripts.Trim, [stream, seen], [maxLength, maxAge, exact, force, abandonedAfter, grace, returnTime]);

    /// <summary>Deletes one entry, unless some group has not read it or has it pending.</summary>
    [LuaScript("stream-remove")]
    public static ScriptCall Remove(RedisKey stream, RedisKey seen, RedisValue id, RedisValue force) =>
        new(StreamScripts.Remove, [stream, seen], [id, force]);

    /// <summary>Counts the entries after an id, a page at a time, without sending them.</summary>
    [LuaScript("stream-count-after")]
    public static ScriptCall CountAfter(RedisKey stream, RedisValue after, RedisValue pageSize) =>
        new(StreamScripts.CountAfter, [stream], [after, pageSize]);

    /// <summary>Deletes a stream that is drained, with its retry streams, retries, starts and floors.</summary>
    [LuaScript("stream-delete")]
    public static ScriptCall Delete(
        RedisKey stream, RedisKey scheduled, RedisKey scheduledMessages, RedisKey signal, RedisKey layout,
        RedisKey seen, RedisKey broadcasts, RedisKey handlers, RedisKey[] groupKeys, RedisValue broadcastPrefix,
        VariadicArguments groups) =>
        new(
            StreamScripts.Delete,
            [stream, scheduled, scheduledMessages, signal, layout, seen, broadcasts, handlers, .. groupKeys],
            groups.Behind(broadcastPrefix));

    /// <summary>How far a group has got, and when the first lease of another consumer ends.</summary>
    [LuaScript("stream-positions")]
    public static ScriptCall Positions(RedisKey stream, RedisKey retry, RedisValue group, RedisValue consumer, RedisValue lease) =>
        new(StreamScripts.Positions, [stream, retry], [group, consumer, lease]);

    /// <summary>Whether an XADD to the stream can be repeated (IDMP).</summary>
    [LuaScript("stream-can-repeat")]
    public static ScriptCall CanRepeat(RedisKey stream, RedisKey never) =>
        new(StreamScripts.CanRepeat, [stream, never], []);

    /// <summary>Moves what is due.</summary>
    [LuaScript("stream-move-due")]
    public static ScriptCall MoveDue(
        EntryFormat format, RedisKey stream, RedisKey scheduled, RedisKey scheduledMessages, RedisKey deadLetters,
        RedisKey[] groupKeys, RedisValue topic, VariadicArguments groups) =>
        new(format.Due, [stream, scheduled, scheduledMessages, deadLetters, .. groupKeys], groups.Behind(topic));

    /// <summary>Puts a dead letter back, to the group that failed with it alone.</summary>
    [LuaScript("stream-redrive")]
    public static ScriptCall Redrive(
        EntryFormat format, RedisKey deadLetters, RedisKey target, RedisValue id, RedisValue message,
        RedisValue position, RedisValue isOwn, RedisValue toStream) =>
        new(format.Redrive, [deadLetters, target], [id, message, position, isOwn, toStream]);

    /// <summary>The keys of stream-append.lua.</summary>
    [LuaScript("stream-append")]
    public static RedisKey[] AppendKeys(RedisKey stream) =>
        [stream];

    /// <summary>The keys of stream-send.lua.</summary>
    [LuaScript("stream-send")]
    public static RedisKey[] SendKeys(RedisKey target, RedisKey ids, RedisKey scheduled, RedisKey scheduledMessages, RedisKey signal) =>
        [target, ids, scheduled, scheduledMessages, signal];
}
