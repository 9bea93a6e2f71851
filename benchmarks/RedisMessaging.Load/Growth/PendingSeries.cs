using RedisMessaging.Load.Measuring;
using RedisMessaging.Load.Messages;
using RedisMessaging.Load.Scenarios;
using RedisMessaging.Load.Ways;

namespace RedisMessaging.Load.Growth;

/// <summary>Publishing and handling, while another consumer of the group holds so many messages and settles none.</summary>
internal sealed class PendingSeries() : GrowthSeries("pending", "Publishing and handling while another consumer holds messages", "messages pending", 1, 100, 10_000)
{
    private const int Messages = 50_000;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    public override IReadOnlyList<TransportKind> Transports => [TransportKind.Queue, TransportKind.Stream];

    public override async Task<(Sample Sample, int Connections)> MeasureAsync(string connection, TransportKind transport, int size)
    {
        var place = Place.New(connection);
        await Backlog.PublishAsync(place, transport, size);
        var release = new TaskCompletionSource();
        await using var holder = await new BusWay(transport).ConnectAsync(place);
        // A consumer reads again while half of its prefetch is free: this one stops at exactly so many.
        await holder.SubscribeAsync<LoadMessage>(
            Place.Topic,
            async (_, _, token) => await release.Task.WaitAsync(token),
            new SubscribeOptions { Group = Place.Group, Prefetch = Math.Max(1, (2 * size) - 2) });
        try
        {
            await HeldAsync(place, transport, size);
            await using var load = await BusUnderLoad.ConnectAsync(connection, messaging => messaging.AddTopic<LoadMessage>(Place.Topic, transport), place);
            await load.SubscribeAsync(Place.Topic);
            return await load.PublishAsync(Messages, _ => Place.Topic, Messages);
        }
        finally
        {
            release.SetResult();
        }
    }

    /// <summary>Returns when the holder has fetched all of them.</summary>
    private static async Task HeldAsync(Place place, TransportKind transport, int size)
    {
        using var late = new CancellationTokenSource(Deadline);
        await using var connection = await place.ConnectAsync();
        var database = connection.GetDatabase();
        while (transport == TransportKind.Queue ? await database.ListLengthAsync(place.Queue) > 0 : (await database.StreamPendingAsync(place.Stream, Place.Group)).PendingMessageCount < size)
        {
            await Task.Delay(50, late.Token);
        }
    }
}
