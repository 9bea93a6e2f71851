using RedisMessaging.Connections;
using StackExchange.Redis;

namespace RedisMessaging.Transports.PubSub;

/// <summary>Asks all servers who listens: each knows only those that are connected to itself.</summary>
internal sealed class PubSubSubscribers(TransportContext context, PubSubChannels channels) : ISubscriberSource
{
    public ValueTask<SubscriberCounts> CountAsync(string address, CancellationToken cancellationToken) =>
        context.Connections.AskAsync($"The subscribers of topic '{context.Topic}'", database => CountAsync(database.Multiplexer, address), cancellationToken);

    private async Task<SubscriberCounts> CountAsync(IConnectionMultiplexer connection, string address)
    {
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var isPattern = PubSubChannels.IsPattern(address);
        if (!isPattern)
        {
            counts[address] = 0;
        }

        long patterns = 0;
        foreach (var server in connection.GetServers().Where(server => server.IsConnected))
        {
            var names = isPattern ? await ListAsync(server, address).ConfigureAwait(false) : [channels.NameOf(address)];
            foreach (var (name, subscribers) in await CountAsync(server, names).ConfigureAwait(false))
            {
                var channel = channels.AddressOf(name);
                counts[channel] = counts.GetValueOrDefault(channel) + subscribers;
            }

            patterns += channels.IsSharded ? 0 : (long)await server.ExecuteAsync("PUBSUB", "NUMPAT").ConfigureAwait(false);
        }

        return new SubscriberCounts(counts, channels.IsSharded ? null : patterns);
    }

    private async Task<string[]> ListAsync(IServer server, string pattern) =>
        (string[])(await server.ExecuteAsync("PUBSUB", channels.IsSharded ? "SHARDCHANNELS" : "CHANNELS", channels.GlobOf(pattern)).ConfigureAwait(false))!;

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
