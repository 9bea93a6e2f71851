using RedisMessaging.Redis.Scripting;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Keys;

/// <summary>The calls of the scripts on a family's members; each parameter has the name it has in the script's header.</summary>
internal static class FamilyCalls
{
    /// <summary>Registers members of a family, in their order; those that are registered stay where they are.</summary>
    [LuaScript("family-register")]
    public static ScriptCall RegisterMembers(RedisKey members, RedisKey signal, VariadicArguments names) =>
        new(FamilyScripts.Register, [members, signal], names.Behind());

    /// <summary>Remembers which members there were when a group first subscribed to their family.</summary>
    [LuaScript("family-subscribe")]
    public static ScriptCall Subscribe(RedisKey members, RedisKey groups, RedisValue group) =>
        new(FamilyScripts.Subscribe, [members, groups], [group]);
}
