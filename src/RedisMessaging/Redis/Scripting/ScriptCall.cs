using StackExchange.Redis;

namespace RedisMessaging.Redis.Scripting;

/// <summary>A script with what it is called with. The typed methods that make one are the only ones that know the order.</summary>
internal readonly record struct ScriptCall(string Script, RedisKey[] Keys, RedisValue[] Arguments)
{
    public Task<RedisResult> RunAsync(IDatabase database) => database.ScriptEvaluateAsync(Script, Keys, Arguments);
}
