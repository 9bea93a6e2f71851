using System.Diagnostics;
using StackExchange.Redis;

namespace Monitoring;

/// <summary>Has Redis close the socket that a watcher's subscription is on, as a broken network would, whenever it is back.</summary>
internal static class SubscriptionCut
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    /// <summary>Of this application alone: others on that Redis keep theirs.</summary>
    public static async Task MakeAsync(string connection, string application, TimeSpan lasts)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(connection + ",allowAdmin=true");
        var server = redis.GetServers()[0];
        for (var since = Stopwatch.StartNew(); since.Elapsed < lasts; await Task.Delay(Pause))
        {
            foreach (var client in await server.ClientListAsync())
            {
                // The bus names its connections: application/instance/pubsub.
                if (client.Name is { } name && name.StartsWith(application + "/", StringComparison.Ordinal) && name.EndsWith("/pubsub", StringComparison.Ordinal))
                {
                    await CutAsync(server, client.Id);
                }
            }
        }
    }

    private static async Task CutAsync(IServer server, long client)
    {
        try
        {
            await server.ClientKillAsync(client);
        }
        catch (RedisServerException)
        {
            // It was on the list and has gone by itself.
        }
    }
}
