using Microsoft.Extensions.Logging;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Redis.WakeSignals;

namespace RedisMessaging.Consuming.Pausing;

/// <summary>What is paused, for all topics of the bus.</summary>
internal sealed class TopicPauses(string prefix, RedisConnections connections, Bells bells, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TopicDefinition, PauseWatch> _watches = [];

    public PauseStore StoreOf(TopicDefinition topic) => new(topic.Name, TopicKeys.Of(prefix, topic), connections);

    public PauseWatch WatchOf(TopicDefinition topic)
    {
        lock (_lock)
        {
            if (!_watches.TryGetValue(topic, out var watch))
            {
                _watches.Add(topic, watch = new PauseWatch(StoreOf(topic), connections, bells, alwaysBell: topic.Capabilities.Scheduling, time, logger));
            }

            return watch;
        }
    }

    public async ValueTask DisposeAsync()
    {
        PauseWatch[] watches;
        lock (_lock)
        {
            watches = [.. _watches.Values];
        }

        foreach (var watch in watches)
        {
            await watch.DisposeAsync().ConfigureAwait(false);
        }
    }
}
