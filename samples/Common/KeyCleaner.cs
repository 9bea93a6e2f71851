using StackExchange.Redis;

namespace Samples;

/// <summary>Removes the keys of one prefix, without disturbing anything else on that server.</summary>
internal static class KeyCleaner
{
    public static async Task<int> RemoveAsync(string connection, string prefix)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(connection);
        var removed = 0;
        foreach (var server in redis.GetServers().Where(server => server is { IsConnected: true, IsReplica: false }))
        {
            // SCAN … MATCH, then UNLINK.
            await foreach (var key in server.KeysAsync(redis.GetDatabase().Database, prefix + "*", pageSize: 500))
            {
                await redis.GetDatabase().KeyDeleteAsync(key);
                removed++;
            }
        }

        return removed;
    }
}
