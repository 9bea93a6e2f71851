using StackExchange.Redis;

namespace RedisMessaging.ContractTests.Moves;

/// <summary>What is done to a move while it happens, and undone afterwards.</summary>
internal sealed record MoveFault(string Name, Func<MoveScene, Task> BreakAsync, Func<MoveScene, Task> MendAsync)
{
    private const string Aside = ":aside";

    /// <summary>Duplicates are possible with it.</summary>
    public bool MayDouble { get; init; }

    /// <param name="command">A command, or a subcommand as <c>xgroup|create</c>.</param>
    public static MoveFault WithoutRight(string command) => new(
        "-" + command,
        scene => scene.TellAsync("ACL", "SETUSER", scene.User, "-" + command),
        scene => scene.TellAsync("ACL", "SETUSER", scene.User, "+@all"));

    /// <param name="name">Behind the topic's tag.</param>
    public static MoveFault WithOtherType(string name) => new(
        name + " of another type",
        async scene =>
        {
            var key = scene.Key(name);
            // A type that none of the library's keys has.
            await scene.Admin.ScriptEvaluateAsync("if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('RENAME', KEYS[1], KEYS[2]) end redis.call('SADD', KEYS[1], 'x')", [key, key + Aside]);
        },
        async scene =>
        {
            var key = scene.Key(name);
            await scene.Admin.ScriptEvaluateAsync("if redis.call('TYPE', KEYS[1]).ok == 'set' then redis.call('DEL', KEYS[1]) end if redis.call('EXISTS', KEYS[2]) == 1 then redis.call('RENAME', KEYS[2], KEYS[1]) end", [key, key + Aside]);
        })
    {
        MayDouble = true,
    };

    public static MoveFault Full { get; } = new(
        "a full server",
        scene => scene.TellAsync("CONFIG", "SET", "maxmemory", "1mb"),
        scene => scene.TellAsync("CONFIG", "SET", "maxmemory", "0"));
}
