using RedisMessaging.Load.Measuring;
using RedisMessaging.Load.Messages;
using RedisMessaging.Load.Scenarios;
using RedisMessaging.Load.Ways;

namespace RedisMessaging.Load.Growth;

/// <summary>Each message that is handled publishes another one: so many wait all the while.</summary>
internal sealed class BacklogSeries() : GrowthSeries("backlog", "Handling a message and publishing another one, with a backlog that stays", "messages waiting", 1_000, 100_000, 1_000_000)
{
    private const int Messages = 50_000;
    private const int Handlers = 64;

    public override IReadOnlyList<TransportKind> Transports => [TransportKind.Queue, TransportKind.Stream];

    public override async Task<(Sample Sample, int Connections)> MeasureAsync(string connection, TransportKind transport, int size)
    {
        var place = Place.New(connection);
        await Backlog.PublishAsync(place, transport, size);
        await using var load = await BusUnderLoad.ConnectAsync(connection, messaging => messaging.AddTopic<LoadMessage>(Place.Topic, transport), place);
        return await load.HandleAsync(Messages, () => load.SubscribeAsync(Place.Topic, concurrency: Handlers, again: true));
    }
}
