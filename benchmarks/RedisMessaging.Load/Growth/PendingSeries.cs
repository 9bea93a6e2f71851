using RedisMessaging.Load.Measuring;
using RedisMessaging.Load.Messages;
using RedisMessaging.Load.Scenarios;
using RedisMessaging.Load.Ways;
using RedisMessaging.Load.Ways.ByHand;
using StackExchange.Redis;

namespace RedisMessaging.Load.Growth;

/// <summary>Publishing and handling, while another consumer of the group holds so many messages and settles none.</summary>
internal sealed class PendingSeries() : GrowthSeries("pending", "Publishing and handling while another consumer holds messages", "messages pending", 1, 100, 10_000)
{
    private const int Messages = 50_000;

    private const int Held = 5_000;

    /// <summary>A consumer reads again while there is room for so many, or for half of what it may hold.</summary>
    private const int Refill = 250;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    public override IReadOnlyList<TransportKind> Transports => [TransportKind.Queue, TransportKind.Stream];

    public override async Task<(Sample Sample, int Connections)> MeasureAsync(string connection, TransportKind transport, int size)
    {
        var place = Place.New(connection);
        var release = new TaskCompletionSource();
        await using var holder = await new BusWay(transport).ConnectAsync(place);
        try
        {
            await (transport == TransportKind.Queue ? HoldQueueAsync(holder, place, size, release.Task) : HoldStreamAsync(place, size));
            await using var load = await BusUnderLoad.ConnectAsync(connection, messaging => messaging.AddTopic<LoadMessage>(Place.Topic, transport), place);
            await load.SubscribeAsync(Place.Topic);
            return await load.PublishAsync(Messages, _ => Place.Topic, Messages);
        }
        finally
        {
            release.SetResult();
        }
    }

    /// <summary>By consumers whose handlers wait.</summary>
    private static async Task HoldQueueAsync(RedisMessageBus holder, Place place, int size, Task release)
    {
        var holders = Math.Max(1, size / Held);
        var each = size / holders;
        // What one holder takes too many another one would miss, and take from what is measured: some are left over instead.
        var left = holders > 1 ? Held / 10 : 0;
        await Backlog.PublishAsync(place, TransportKind.Queue, size + left);
        for (var i = 0; i < holders; i++)
        {
            await holder.SubscribeAsync<LoadMessage>(
                Place.Topic,
                async (_, _, token) => await release.WaitAsync(token),
                new SubscribeOptions { Group = Place.Group, Prefetch = Math.Max(1, each + Math.Min(each, Refill) - 2) });
        }

        using var late = new CancellationTokenSource(Deadline);
        await using var connection = await place.ConnectAsync();
        while (await connection.GetDatabase().ListLengthAsync(place.Queue) > left)
        {
            await Task.Delay(50, late.Token);
        }
    }

    /// <summary>By a consumer that read them and is gone: nobody takes them over before its lease is over, which is later than what is measured.</summary>
    private static async Task HoldStreamAsync(Place place, int size)
    {
        await Backlog.PublishAsync(place, TransportKind.Stream, size);
        await using var connection = await place.ConnectAsync();
        var database = connection.GetDatabase();
        await StreamGroup.CreateAsync(database, place);
        await database.StreamReadGroupAsync(place.Stream, Place.Group, "gone", StreamPosition.NewMessages, size);
    }
}
