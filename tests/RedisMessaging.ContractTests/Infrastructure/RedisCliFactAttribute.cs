namespace RedisMessaging.ContractTests;

/// <summary>A test that needs redis-cli; without one it is skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RedisCliFactAttribute : FactAttribute
{
    public RedisCliFactAttribute() => Skip = RedisCli.IsInstalled ? null : "There is no redis-cli on the PATH (Debian, Ubuntu: apt-get install redis-tools).";
}
