namespace RedisMessaging.Testing;

/// <summary>A primary, a replica of it, and a Sentinel that promotes the replica about a second after the primary is gone; each a process of its own.</summary>
public sealed class SentinelDeployment : RedisServer
{
    private const string Service = "mymaster";

    private SentinelDeployment(OwnRedisServer primary, OwnRedisServer replica, OwnRedisServer sentinel)
    {
        Primary = primary;
        Replica = replica;
        Sentinel = sentinel;
    }

    /// <summary>The Sentinel's address, with the name of the service.</summary>
    public override string ConnectionString => $"{Sentinel.ConnectionString},serviceName={Service}";

    public override bool IsTemporary => true;

    public OwnRedisServer Sentinel { get; }

    /// <summary>The primary at first.</summary>
    public OwnRedisServer Primary { get; }

    /// <summary>The replica at first.</summary>
    public OwnRedisServer Replica { get; }

    /// <summary>When it returns, the replica is in sync and the Sentinel knows of it.</summary>
    public static async Task<SentinelDeployment> StartAsync()
    {
        // Without the delay a diskless first sync waits five seconds for more replicas.
        string[] settings = ["--repl-diskless-sync-delay", "0"];
        var primary = await StartPrivateAsync(settings: settings);
        var replica = await StartPrivateAsync(settings: [.. settings, "--replicaof", .. Address(primary)]);
        await Replication.InSyncAsync(replica);
        var sentinel = await StartSentinelAsync(
            $"""
            sentinel monitor {Service} {string.Join(' ', Address(primary))} 1
            sentinel down-after-milliseconds {Service} 1000
            sentinel failover-timeout {Service} 10000
            """);
        var deployment = new SentinelDeployment(primary, replica, sentinel);
        await Eventually.TrueAsync(async () => (await RedisReply.ToAsync(sentinel.ConnectionString, "SENTINEL", "REPLICAS", Service)).Contains(replica.ConnectionString, StringComparison.Ordinal));
        return deployment;
    }

    public override async ValueTask DisposeAsync()
    {
        await Sentinel.DisposeAsync();
        await Replica.DisposeAsync();
        await Primary.DisposeAsync();
    }

    private static string[] Address(OwnRedisServer server) => server.ConnectionString.Split(':');
}
