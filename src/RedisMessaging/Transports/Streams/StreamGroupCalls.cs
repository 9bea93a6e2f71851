using RedisMessaging.Redis.Scripting;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams;

/// <summary>The calls of the scripts on a stream's groups; each parameter has the name it has in the script's header.</summary>
internal static class StreamGroupCalls
{
    /// <summary>Creates the group on the stream and on its retry stream, and the consumer in both, in one step.</summary>
    [LuaScript("stream-open")]
    public static ScriptCall Open(
        RedisKey stream, RedisKey retry, RedisKey settledUpTo, RedisKey seen, RedisKey handlers, RedisValue group,
        RedisValue consumer, RedisValue start, RedisValue deletesOnAck, RedisValue groupHandlers, RedisValue lease,
        VariadicArguments awaitedGroups) =>
        new(
            StreamScripts.Open,
            [stream, retry, settledUpTo, seen, handlers],
            awaitedGroups.Behind(group, consumer, start, deletesOnAck, groupHandlers, lease));

    /// <summary>Notes how far a group has got, the id up to which everything is settled, and that its consumers are there.</summary>
    [LuaScript("stream-note-settled")]
    public static ScriptCall NoteSettled(RedisKey stream, RedisKey settledUpTo, RedisKey seen, RedisValue group, RedisValue namesGroups) =>
        new(StreamScripts.NoteSettled, [stream, settledUpTo, seen], [group, namesGroups]);

    /// <summary>What a consumer that has had nothing to do asks for now and then, all at once.</summary>
    [LuaScript("stream-idle-check")]
    public static ScriptCall IdleCheck(
        RedisKey stream, RedisKey retry, RedisKey settledUpTo, RedisKey seen, RedisValue group, RedisValue consumer,
        RedisValue end, RedisValue namesGroups) =>
        new(StreamScripts.IdleCheck, [stream, retry, settledUpTo, seen], [group, consumer, end, namesGroups]);

    /// <summary>Has a group read its stream from the beginning, where the stream ends before what the group was given last.</summary>
    [LuaScript("group-restart")]
    public static ScriptCall Restart(RedisKey stream, RedisValue group) =>
        new(StreamScripts.RestartGroup, [stream], [group]);

    /// <summary>Creates a group before its first consumer comes.</summary>
    [LuaScript("group-create")]
    public static ScriptCall Create(
        RedisKey stream, RedisKey retry, RedisKey settledUpTo, RedisKey seen, RedisValue group, RedisValue start,
        RedisValue deletesOnAck) =>
        new(StreamScripts.CreateGroup, [stream, retry, settledUpTo, seen], [group, start, deletesOnAck]);

    /// <summary>Has a group continue after another id.</summary>
    [LuaScript("group-seek")]
    public static ScriptCall Seek(
        RedisKey stream, RedisKey settledUpTo, RedisKey inbox, RedisKey seen, RedisValue group, RedisValue position) =>
        new(StreamScripts.SeekGroup, [stream, settledUpTo, inbox, seen], [group, position]);

    /// <summary>Deletes a group with what belongs to it, unless something is left in it.</summary>
    [LuaScript("group-destroy")]
    public static ScriptCall Destroy(
        RedisKey stream, RedisKey retry, RedisKey starts, RedisKey settledUpTo, RedisKey retries,
        RedisKey retryMessages, RedisKey inbox, RedisKey seen, RedisKey handlers, RedisValue group, RedisValue force,
        RedisValue lease) =>
        new(
            StreamScripts.DestroyGroup,
            [stream, retry, starts, settledUpTo, retries, retryMessages, inbox, seen, handlers],
            [group, force, lease]);

    /// <summary>
    /// Takes pending entries from whoever has them and puts them into the group's retry stream, as messages that came back
    /// without a settlement.
    /// </summary>
    [LuaScript("group-take-over-pending")]
    public static ScriptCall TakeOverPending(
        EntryFormat format, RedisKey stream, RedisKey retry, RedisKey starts, RedisKey seen, RedisValue group,
        RedisValue lostGroupWait, VariadicArguments ids) =>
        new(format.Take, [stream, retry, starts, seen], ids.Behind(group, lostGroupWait));

    /// <summary>A consumer leaves.</summary>
    [LuaScript("stream-leave-group")]
    public static ScriptCall Leave(
        EntryFormat format, RedisKey stream, RedisKey retry, RedisKey starts, RedisKey seen, RedisValue group,
        RedisValue consumer, RedisValue lostGroupWait) =>
        new(format.Leave, [stream, retry, starts, seen], [group, consumer, lostGroupWait]);

    /// <summary>Removes consumers of processes that are gone, once nothing is pending for them in either stream.</summary>
    [LuaScript("stream-remove-idle-consumers")]
    public static ScriptCall RemoveIdleConsumers(
        RedisKey stream, RedisKey retry, RedisValue group, RedisValue consumer, RedisValue maxIdle) =>
        new(StreamScripts.RemoveIdleConsumers, [stream, retry], [group, consumer, maxIdle]);

    /// <summary>Destroys a broadcast group with what belongs to it.</summary>
    [LuaScript("stream-drop-broadcast-group")]
    public static ScriptCall DropBroadcastGroup(
        RedisKey stream, RedisKey retry, RedisKey starts, RedisKey settledUpTo, RedisKey retries,
        RedisKey retryMessages, RedisKey seen, RedisValue group, RedisValue maxIdle) =>
        new(StreamScripts.DropBroadcastGroup, [stream, retry, starts, settledUpTo, retries, retryMessages, seen], [group, maxIdle]);

    /// <summary>Takes a broadcast name for one process, or renews that it has it.</summary>
    [LuaScript("broadcast-name-acquire")]
    public static ScriptCall AcquireBroadcastName(
        RedisKey holder, RedisKey broadcasts, RedisValue group, RedisValue consumer, RedisValue duration) =>
        new(StreamScripts.AcquireBroadcastName, [holder, broadcasts], [group, consumer, duration]);

    /// <summary>Gives a broadcast name back.</summary>
    [LuaScript("broadcast-name-release")]
    public static ScriptCall ReleaseBroadcastName(RedisKey holder, RedisValue consumer) =>
        new(StreamScripts.ReleaseBroadcastName, [holder], [consumer]);

    /// <summary>Destroys the group of a broadcast name that nobody has had for too long, with what belongs to it.</summary>
    [LuaScript("broadcast-name-expire")]
    public static ScriptCall ExpireBroadcastName(
        RedisKey stream, RedisKey broadcasts, RedisKey holder, RedisKey retry, RedisKey starts, RedisKey settledUpTo,
        RedisKey retries, RedisKey retryMessages, RedisKey seen, RedisValue group, RedisValue maxAge) =>
        new(
            StreamScripts.ExpireBroadcastName,
            [stream, broadcasts, holder, retry, starts, settledUpTo, retries, retryMessages, seen],
            [group, maxAge]);
}
