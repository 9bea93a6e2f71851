namespace RedisMessaging.ContractTests;

/// <summary>A cluster for all tests that leave it as it is. Nobody disposes it: its servers end with this process.</summary>
internal static class SharedCluster
{
    private static readonly Lazy<Task<RedisCluster>> Shared = new(() => RedisCluster.StartAsync(replicas: false));

    public static Task<RedisCluster> GetAsync() => Shared.Value;
}
