using StackExchange.Redis;

namespace RedisMessaging.Load.Ways.ByHand;

/// <summary>The best loop over a stream: XREADGROUP of a batch and one XACK for it; when nothing is there a blocking read waits.</summary>
/// <param name="count">How many are read at once.</param>
/// <param name="ahead">Whether the next batch is asked for before this one is handled, and acks are awaited one batch later.</param>
internal sealed class GroupConsumer(Place place, Action<ReadOnlyMemory<byte>> handle, int count, bool ahead) : HandConsumer(place, handle)
{
    protected override Task PrepareAsync(ConnectionMultiplexer connection) => StreamGroup.CreateAsync(Database, Place);

    protected override async Task RunAsync()
    {
        var acked = Task.CompletedTask;
        var reading = ReadAsync();
        while (!IsStopped)
        {
            var entries = await reading;
            if (entries.Length == 0)
            {
                await acked;
                var (ids, frames) = await StreamGroup.BlockAsync(Blocking, Place, count);
                reading = ReadAsync();
                foreach (var frame in frames)
                {
                    Handle(frame);
                }

                if (ids.Length > 0)
                {
                    acked = Database.StreamAcknowledgeAsync(Place.Stream, Place.Group, ids);
                }

                continue;
            }

            if (ahead)
            {
                reading = ReadAsync();
            }

            var handled = new RedisValue[entries.Length];
            for (var i = 0; i < entries.Length; i++)
            {
                Handle(entries[i].Values[0].Value);
                handled[i] = entries[i].Id;
            }

            await acked;
            acked = Database.StreamAcknowledgeAsync(Place.Stream, Place.Group, handled);
            if (!ahead)
            {
                await acked;
                reading = ReadAsync();
            }
        }
    }

    private Task<StreamEntry[]> ReadAsync() => Database.StreamReadGroupAsync(Place.Stream, Place.Group, "one", StreamPosition.NewMessages, count);
}
