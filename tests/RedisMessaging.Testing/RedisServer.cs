namespace RedisMessaging.Testing;

/// <summary>
/// A Redis for tests, found or started: the one that <c>REDIS_MESSAGING_TEST_REDIS</c> names, else a <c>redis-server</c> of our own, else a container.
/// </summary>
public abstract class RedisServer : IAsyncDisposable
{
    /// <summary>The environment variable with a connection string for the tests that share a server.</summary>
    public const string Variable = "REDIS_MESSAGING_TEST_REDIS";

    private static readonly Lazy<Task<RedisServer>> Shared = new(FindOrStartAsync);

    /// <summary>To connect with; options may be appended (<c>,protocol=resp3</c>).</summary>
    public abstract string ConnectionString { get; }

    /// <summary>Whether it goes away with the tests. When it does not, tests remove their keys.</summary>
    public abstract bool IsTemporary { get; }

    /// <summary>The server that all tests of this process share, each with a key prefix of its own. Nobody disposes it: it ends with the process.</summary>
    public static Task<RedisServer> SharedAsync() => Shared.Value;

    /// <summary>A server for one test that kills, stops or restarts it.</summary>
    /// <param name="appendOnly">Everything acknowledged survives a kill (<c>appendonly yes</c>, <c>appendfsync always</c>).</param>
    /// <param name="settings">More settings, as on redis-server's command line: <c>["--maxmemory", "10mb"]</c>.</param>
    public static async Task<OwnRedisServer> StartPrivateAsync(bool appendOnly = false, IReadOnlyList<string>? settings = null)
    {
        IReadOnlyList<string> all = [.. Settings(appendOnly), .. settings ?? []];
        return RedisServerProcess.IsInstalled ? await RedisServerProcess.StartAsync(all) : await RedisServerContainer.StartAsync(all);
    }

    public abstract ValueTask DisposeAsync();

    /// <summary>A Sentinel, which writes its configuration file anew as it learns.</summary>
    private protected static async Task<OwnRedisServer> StartSentinelAsync(string configuration) => RedisServerProcess.IsInstalled
        ? await RedisServerProcess.StartAsync(["--sentinel"], configuration)
        : throw new InvalidOperationException("There is no redis-server on the PATH: a Sentinel has to reach its servers at the addresses that clients use, so containers won't do.");

    private static async Task<RedisServer> FindOrStartAsync() => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } connectionString
        ? new GivenRedisServer(connectionString)
        : await StartPrivateAsync();

    private static IEnumerable<string> Settings(bool appendOnly) => appendOnly
        ? ["--save", "", "--appendonly", "yes", "--appendfsync", "always"]
        : ["--save", "", "--appendonly", "no"];
}
