using Microsoft.Extensions.Logging;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Redis.WakeSignals;

namespace RedisMessaging.Consuming.Pausing;

/// <summary>What is paused, for all topics of the bus.</summary>
internal sealed class TopicPauses(
    string prefix,
    RedisConnections connections,
    WakeSignalHub signals,
    TimeProvider time,
    ILogger logger) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TopicDefinition, PauseWatcher> _watches = [];

    public PauseStore StoreOf(TopicDefinition topic) => new(topic.Name, TopicKeys.Of(prefix, topic), connections);

    public PauseWatcher WatchOf(TopicDefinition topic)
    {
        lock (_lock)
        {
            if (!_watches.TryGetValue(topic, out var watch))
            {
                _watches.Add(
                    topic,
                    watch = new PauseWatcher(
                        StoreOf(topic),
                        connections,
                        signals,
                        alwaysSignal: topic.Capabilities.Scheduling,
                        time,
                        logger));
            }

            return watch;
        }
    }

    public async ValueTask DisposeAsync()
    {
        PauseWatcher[] watches;
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
