using RedisMessaging.Load.Measuring;
using RedisMessaging.Load.Messages;
using RedisMessaging.Load.Scenarios;
using RedisMessaging.Load.Ways;

namespace RedisMessaging.Load.Growth;

/// <summary>A backlog drained by so many handlers of one consumer.</summary>
internal sealed class HandlersSeries() : GrowthSeries("handlers", "Draining a backlog with many handlers of one consumer (Concurrency)", "handlers at the same time", 1, 4, 16, 64)
{
    private const int Messages = 100_000;

    public override IReadOnlyList<TransportKind> Transports => [TransportKind.Queue, TransportKind.Stream];

    public override async Task<(Sample Sample, int Connections)> MeasureAsync(string connection, TransportKind transport, int size)
    {
        var place = Place.New(connection);
        await Backlog.PublishAsync(place, transport, Messages);
        await using var load = await BusUnderLoad.ConnectAsync(connection, messaging => messaging.AddTopic<LoadMessage>(Place.Topic, transport), place);
        return await load.HandleAsync(Messages, () => load.SubscribeAsync(Place.Topic, concurrency: size));
    }
}
