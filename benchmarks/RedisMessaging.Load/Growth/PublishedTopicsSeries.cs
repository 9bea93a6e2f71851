using RedisMessaging.Load.Measuring;
using RedisMessaging.Load.Messages;

namespace RedisMessaging.Load.Growth;

/// <summary>Messages spread over so many topics, without consumers.</summary>
internal sealed class PublishedTopicsSeries() : GrowthSeries("topics-published", "Publishing to many topics, without consumers", "topics", 1, 100, 10_000)
{
    private const int Messages = 50_000;

    public override IReadOnlyList<TransportKind> Transports => [TransportKind.PubSub, TransportKind.Queue, TransportKind.Stream];

    public override async Task<(Sample Sample, int Connections)> MeasureAsync(string connection, TransportKind transport, int size)
    {
        var topics = Enumerable.Range(0, size).Select(i => $"load-{i}").ToArray();
        await using var load = await BusUnderLoad.ConnectAsync(connection, messaging =>
        {
            foreach (var topic in topics)
            {
                messaging.AddTopic<LoadMessage>(topic, transport);
            }
        });
        // What a topic's first message costs is not what is measured here.
        await load.PublishAsync(size, i => topics[i], 0);
        return await load.PublishAsync(Messages, i => topics[i % size], 0);
    }
}
