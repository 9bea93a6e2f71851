using RedisMessaging.Load.Measuring;
using RedisMessaging.Load.Messages;
using RedisMessaging.Load.Ways;

namespace RedisMessaging.Load.Growth;

/// <summary>Messages spread over so many topics, each handled in the same process; Pub/Sub: channels of one pattern.</summary>
internal sealed class TopicsSeries() : GrowthSeries("topics", "Publishing to many topics and handling them in one process", "topics (Pub/Sub: channels of one pattern)", 1, 100, 10_000)
{
    private const int Messages = 50_000;

    public override IReadOnlyList<TransportKind> Transports => [TransportKind.PubSub, TransportKind.Queue, TransportKind.Stream];

    /// <summary>What consumes a queue or a stream costs start-up round trips for each of them.</summary>
    public override int Largest(TransportKind transport) => transport == TransportKind.PubSub ? int.MaxValue : 100;

    public override async Task<(Sample Sample, int Connections)> MeasureAsync(string connection, TransportKind transport, int size)
    {
        if (transport == TransportKind.PubSub)
        {
            await using var channels = await BusUnderLoad.ConnectAsync(connection, messaging => messaging.AddPubSub<LoadMessage>("load:*", topic => topic.BufferCapacity = Messages));
            await channels.SubscribeAsync("load:*");
            var names = Enumerable.Range(0, size).Select(i => $"load:{i}").ToArray();
            return await channels.PublishAsync(Messages, i => names[i % size], Messages);
        }

        var topics = Enumerable.Range(0, size).Select(i => $"load-{i}").ToArray();
        await using var load = await BusUnderLoad.ConnectAsync(connection, messaging =>
        {
            foreach (var topic in topics)
            {
                messaging.AddTopic<LoadMessage>(topic, transport);
            }
        });
        foreach (var topic in topics)
        {
            await load.SubscribeAsync(topic, prefetch: 100);
        }

        return await load.PublishAsync(Messages, i => topics[i % size], Messages);
    }
}
