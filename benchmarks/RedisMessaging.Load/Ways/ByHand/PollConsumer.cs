using StackExchange.Redis;

namespace RedisMessaging.Load.Ways.ByHand;

/// <summary>Looks, handles what is there with an ack each, and sleeps when nothing is.</summary>
internal sealed class PollConsumer(Place place, Action<ReadOnlyMemory<byte>> handle, TransportKind transport, TimeSpan interval) : HandConsumer(place, handle)
{
    protected override Task PrepareAsync(ConnectionMultiplexer connection) => transport == TransportKind.Stream ? StreamGroup.CreateAsync(Database, Place) : Task.CompletedTask;

    protected override async Task RunAsync()
    {
        while (!IsStopped)
        {
            if (!await (transport == TransportKind.Stream ? ReadAsync() : MoveAsync()))
            {
                await Task.Delay(interval);
            }
        }
    }

    private async Task<bool> MoveAsync()
    {
        var frame = await Database.ListMoveAsync(Place.Queue, Place.Held, ListSide.Right, ListSide.Left);
        if (frame.IsNull)
        {
            return false;
        }

        Handle(frame);
        await Database.ListRemoveAsync(Place.Held, frame, -1);
        return true;
    }

    private async Task<bool> ReadAsync()
    {
        var entries = await Database.StreamReadGroupAsync(Place.Stream, Place.Group, "one", StreamPosition.NewMessages, 10);
        foreach (var entry in entries)
        {
            Handle(entry.Values[0].Value);
            await Database.StreamAcknowledgeAsync(Place.Stream, Place.Group, entry.Id);
        }

        return entries.Length > 0;
    }
}
