using StackExchange.Redis;

namespace RedisMessaging.Load.Ways.ByHand;

/// <summary>
/// The fastest loop over a list, at least once, where messages are acked in the order they were taken and a batch at a time: one script drops the last batch from a list and takes the next into it.
/// </summary>
internal sealed class ParkConsumer(Place place, Action<ReadOnlyMemory<byte>> handle, int count) : HandConsumer(place, handle)
{
    private const string Next = """
        local done = tonumber(ARGV[2])
        if done > 0 then redis.call('LTRIM', KEYS[2], 0, -1 - done) end
        local popped = redis.call('LMPOP', 1, KEYS[1], 'RIGHT', 'COUNT', ARGV[1])
        if not popped then return {} end
        redis.call('LPUSH', KEYS[2], unpack(popped[2]))
        return popped[2]
        """;

    protected override async Task RunAsync()
    {
        RedisKey[] keys = [Place.Queue, Place.Held];
        var handled = 0;
        while (!IsStopped)
        {
            var frames = (RedisValue[])(await Database.ScriptEvaluateAsync(Next, keys, [count, handled]))!;
            foreach (var frame in frames)
            {
                Handle(frame);
            }

            handled = frames.Length;
            if (handled == 0)
            {
                var frame = (RedisValue)await Blocking.ExecuteAsync("BLMOVE", Place.Queue, Place.Held, "RIGHT", "LEFT", 1);
                if (!frame.IsNull)
                {
                    Handle(frame);
                    handled = 1;
                }
            }
        }
    }
}
