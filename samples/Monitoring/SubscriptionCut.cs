using StackExchange.Redis;

namespace Monitoring;

/// <summary>Has Redis close the socket that a watcher's subscription is on, as a broken network would.</summary>
internal static class SubscriptionCut
{
    /// <summary>Of this application alone: others on that Redis keep theirs.</summary>
    public static async Task MakeAsync(string connection, string application)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(connection + ",allowAdmin=true");
        var server = redis.GetServers()[0];
        foreach (var client in await server.ClientListAsync())
        {
            // The bus names its connections: application/instance/pubsub.
            if (client.Name is { } name && name.StartsWith(application + "/", StringComparison.Ordinal) && name.EndsWith("/pubsub", StringComparison.Ordinal))
            {
                await server.ClientKillAsync(client.Id);
            }
        }
    }
}
