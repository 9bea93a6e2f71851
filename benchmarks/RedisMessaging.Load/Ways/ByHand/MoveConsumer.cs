using StackExchange.Redis;

namespace RedisMessaging.Load.Ways.ByHand;

/// <summary>One message after the other, at least once: BLMOVE into a list, LREM when it is handled.</summary>
/// <param name="awaitAck">Whether the ack is awaited before the next read, as people write it. Without, it is as quick as a raw read can be.</param>
internal sealed class MoveConsumer(Place place, Action<ReadOnlyMemory<byte>> handle, bool awaitAck) : HandConsumer(place, handle)
{
    protected override async Task RunAsync()
    {
        while (!IsStopped)
        {
            var frame = (RedisValue)await Blocking.ExecuteAsync("BLMOVE", Place.Queue, Place.Held, "RIGHT", "LEFT", 1);
            if (frame.IsNull)
            {
                continue;
            }

            Handle(frame);
            var ack = Database.ListRemoveAsync(Place.Held, frame, -1);
            if (awaitAck)
            {
                await ack;
            }
        }
    }
}
