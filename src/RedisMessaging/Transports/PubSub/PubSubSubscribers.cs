using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Transports.PubSub;

/// <summary>Asks all servers who listens: each knows only those that are connected to itself.</summary>
internal sealed class PubSubSubscribers(TransportContext context, PubSubChannels channels) : ISubscriberSource
{
    public ValueTask<SubscriberCounts> CountAsync(string address, CancellationToken cancellationToken) =>
        context.Connections.AskAsync($"The subscribers of topic '{context.Topic}'", database => CountAsync(database, address), cancellationToken);

    private async Task<SubscriberCounts> CountAsync(IDatabase database, string address)
    {
        // Waits for a connection: without one no server can be asked, and that is not the same as no subscribers.
        await database.PingAsync().ConfigureAwait(false);
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var isPattern = PubSubChannels.IsPattern(address);
        if (!isPattern)
        {
            counts[address] = 0;
        }

        long patterns = 0;
        foreach (var server in ServersOf(database.Multiplexer))
        {
            var names = isPattern ? await channels.ListAsync(server, address).ConfigureAwait(false) : [channels.WireNameOf(address)];
            foreach (var (name, subscribers) in await channels.CountAsync(server, names).ConfigureAwait(false))
            {
                var channel = channels.AddressOfWireName(name);
                counts[channel] = counts.GetValueOrDefault(channel) + subscribers;
            }

            patterns += channels.IsSharded ? 0 : await PubSubChannels.CountPatternsAsync(server).ConfigureAwait(false);
        }

        return new SubscriberCounts(counts, channels.IsSharded ? null : patterns);
    }

    /// <exception cref="RedisConnectionException">One whose subscribers would be left out of the count is not connected.</exception>
    private static List<IServer> ServersOf(IConnectionMultiplexer connection)
    {
        var connected = connection.GetServers().Where(server => server.IsConnected).ToList();
        var nodes = connected.Find(server => server.ServerType == ServerType.Cluster)?.ClusterConfiguration?.Nodes ?? [];
        var missing = nodes.FirstOrDefault(node => node is { IsReplica: false, Slots.Count: > 0 } && !connected.Exists(server => server.EndPoint.Equals(node.EndPoint)));
        return missing is null && connected.Count > 0
            ? connected
            : throw new RedisConnectionException(ConnectionFailureType.UnableToConnect, $"{missing?.EndPoint?.ToString() ?? "No server"} is not connected, and its subscribers could not be counted.");
    }
}
