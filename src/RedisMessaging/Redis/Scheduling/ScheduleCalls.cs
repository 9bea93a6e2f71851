using RedisMessaging.Redis.Scripting;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Scheduling;

/// <summary>The calls of the scripts on what is scheduled; each parameter has the name it has in the script's header.</summary>
internal static class ScheduleCalls
{
    /// <summary>A page of what is scheduled, in the order in which it is due.</summary>
    [LuaScript("schedule-page")]
    public static ScriptCall Page(RedisKey scheduled, RedisKey messages, RedisValue count, RedisValue maxBytes, VariadicArguments after) =>
        new(ScheduleScripts.Page, [scheduled, messages], after.Behind(count, maxBytes));

    /// <summary>Cancels a message that is not due yet.</summary>
    [LuaScript("schedule-cancel")]
    public static ScriptCall Cancel(RedisKey scheduled, RedisKey messages, RedisKey ids, RedisValue id) =>
        new(ScheduleScripts.Cancel, [scheduled, messages, ids], [id]);

    /// <summary>Looks for messages that wait in a schedule and have no time at which they are due.</summary>
    [LuaScript("schedule-sweep")]
    public static ScriptCall Sweep(RedisKey due, RedisKey messages, RedisValue cursor) =>
        new(ScheduleScripts.Sweep, [due, messages], [cursor]);
}
