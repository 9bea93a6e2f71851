using StackExchange.Redis;

namespace RedisMessaging.Redis.Scripting;

/// <summary>A script with what it is called with. The typed methods that make one are the only ones that know the order.</summary>
internal readonly record struct ScriptCall(string Script, RedisKey[] Keys, RedisValue[] Arguments)
{
    /// <summary>The keys of a script whose last one is optional.</summary>
    public static RedisKey[] KeysWith(RedisKey? last, params ReadOnlySpan<RedisKey> keys) => last is { } given ? [.. keys, given] : [.. keys];

    public Task<RedisResult> RunAsync(IDatabase database) => database.ScriptEvaluateAsync(Script, Keys, Arguments);
}
