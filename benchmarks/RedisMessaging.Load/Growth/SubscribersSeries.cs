using RedisMessaging.Load.Measuring;
using RedisMessaging.Load.Messages;
using RedisMessaging.Load.Ways;

namespace RedisMessaging.Load.Growth;

/// <summary>So many subscriptions of one process to one channel: each message is handled by all of them.</summary>
internal sealed class SubscribersSeries() : GrowthSeries("subscribers", "A channel with many subscribers in one process: what a delivery costs", "subscribers", 1, 100, 1_000)
{
    private const int Deliveries = 100_000;

    public override IReadOnlyList<TransportKind> Transports => [TransportKind.PubSub];

    public override async Task<(Sample Sample, int Connections)> MeasureAsync(string connection, TransportKind transport, int size)
    {
        var messages = Math.Max(Deliveries / size, 500);
        await using var load = await BusUnderLoad.ConnectAsync(connection, messaging => messaging.AddPubSub<LoadMessage>(Place.Topic, topic => topic.BufferCapacity = messages));
        for (var i = 0; i < size; i++)
        {
            await load.SubscribeAsync(Place.Topic);
        }

        var (sample, connections) = await load.PublishAsync(messages, _ => Place.Topic, (long)messages * size);
        // A message is one delivery here: that is what grows in number.
        return (sample with { Messages = (long)messages * size }, connections);
    }
}
