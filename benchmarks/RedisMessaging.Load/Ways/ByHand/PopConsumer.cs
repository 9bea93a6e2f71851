using StackExchange.Redis;

namespace RedisMessaging.Load.Ways.ByHand;

/// <summary>At most once: BRPOP, one message a round trip, or BLMPOP of many.</summary>
/// <param name="count">One: BRPOP.</param>
internal sealed class PopConsumer(Place place, Action<ReadOnlyMemory<byte>> handle, int count) : HandConsumer(place, handle)
{
    protected override async Task RunAsync()
    {
        while (!IsStopped)
        {
            var reply = count == 1
                ? await Blocking.ExecuteAsync("BRPOP", Place.Queue, 1)
                : await Blocking.ExecuteAsync("BLMPOP", 1, 1, Place.Queue, "RIGHT", "COUNT", count);
            if (reply.IsNull)
            {
                continue;
            }

            if (count == 1)
            {
                Handle((RedisValue)((RedisResult[])reply!)[1]);
                continue;
            }

            foreach (var frame in (RedisValue[])((RedisResult[])reply!)[1]!)
            {
                Handle(frame);
            }
        }
    }
}
