using RedisMessaging.Connections;
using StackExchange.Redis;

namespace RedisMessaging.Transports.PubSub;

/// <summary>Asks all servers who listens: each knows only those that are connected to itself.</summary>
internal sealed class PubSubSubscribers(TransportContext context, PubSubChannels channels) : ISubscriberSource
{
    public ValueTask<SubscriberCounts> CountAsync(CancellationToken cancellationToken) =>
        context.Connections.AskAsync($"The subscribers of topic '{context.Topic}'", database => CountAsync(database.Multiplexer), cancellationToken);

    private async Task<SubscriberCounts> CountAsync(IConnectionMultiplexer connection)
    {
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var isPattern = PubSubChannels.IsPattern(context.Address);
        if (!isPattern)
        {
            counts[context.Address] = 0;
        }

        long patterns = 0;
        foreach (var server in connection.GetServers().Where(server => server.IsConnected))
        {
            var names = isPattern ? await ListAsync(server).ConfigureAwait(false) : [channels.NameOf(context.Address)];
            foreach (var (name, subscribers) in await CountAsync(server, names).ConfigureAwait(false))
            {
                var address = channels.AddressOf(name);
                counts[address] = counts.GetValueOrDefault(address) + subscribers;
            }

            patterns += channels.IsSharded ? 0 : (long)await server.ExecuteAsync("PUBSUB", "NUMPAT").ConfigureAwait(false);
        }

        return new SubscriberCounts(counts, channels.IsSharded ? null : patterns);
    }

    private async Task<string[]> ListAsync(IServer server) =>
        (string[])(await server.ExecuteAsync("PUBSUB", channels.IsSharded ? "SHARDCHANNELS" : "CHANNELS", channels.GlobOf(context.Address)).ConfigureAwait(false))!;

    private async Task<IEnumerable<(string Name, long Count)>> CountAsync(IServer server, string[] names)
    {
        if (names.Length == 0)
        {
            return [];
        }

        object[] arguments = [channels.IsSharded ? "SHARDNUMSUB" : "NUMSUB", .. names];
        var reply = (RedisResult[])(await server.ExecuteAsync("PUBSUB", arguments).ConfigureAwait(false))!;
        return Enumerable.Range(0, reply.Length / 2).Select(i => ((string)reply[2 * i]!, (long)reply[(2 * i) + 1]));
    }
}
