using StackExchange.Redis;

namespace RedisMessaging.Load.Ways.ByHand;

/// <summary>A stream by blocking reads, each message acked by itself.</summary>
/// <param name="awaitAck">Whether each ack is awaited before the next message, as people write it. Without, it is as quick as a raw read can be.</param>
internal sealed class GroupOneByOneConsumer(Place place, Action<ReadOnlyMemory<byte>> handle, int count, bool awaitAck) : HandConsumer(place, handle)
{
    protected override Task PrepareAsync(ConnectionMultiplexer connection) => StreamGroup.CreateAsync(Database, Place);

    protected override async Task RunAsync()
    {
        while (!IsStopped)
        {
            var (ids, frames) = await StreamGroup.BlockAsync(Blocking, Place, count);
            for (var i = 0; i < ids.Length; i++)
            {
                Handle(frames[i]);
                var ack = Database.StreamAcknowledgeAsync(Place.Stream, Place.Group, ids[i]);
                if (awaitAck)
                {
                    await ack;
                }
            }
        }
    }
}
