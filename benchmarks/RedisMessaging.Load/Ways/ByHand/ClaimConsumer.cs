using StackExchange.Redis;

namespace RedisMessaging.Load.Ways.ByHand;

/// <summary>
/// The best loop over a list, at least once: one script takes a batch into a hash, where it is safe until it is acked, by id and in any order. When the list is empty a BLMOVE waits.
/// </summary>
/// <param name="count">How many are taken at once.</param>
/// <param name="ahead">Whether the next batch is asked for before this one is handled, and acks are awaited one batch later.</param>
/// <param name="fused">Whether the script that takes the next batch acks the last one: one round trip a batch.</param>
internal sealed class ClaimConsumer(Place place, Action<ReadOnlyMemory<byte>> handle, int count, bool ahead, bool fused) : HandConsumer(place, handle)
{
    private const string Claim = """
        if #ARGV > 1 then redis.call('HDEL', KEYS[2], unpack(ARGV, 2)) end
        local messages = redis.call('RPOP', KEYS[1], ARGV[1])
        if not messages then return {} end
        local last = redis.call('HINCRBY', KEYS[2], 'last', #messages)
        local fields = {}
        for i = 1, #messages do
            fields[2 * i - 1] = last - #messages + i
            fields[2 * i] = messages[i]
        end
        redis.call('HSET', KEYS[2], unpack(fields))
        return { last, messages }
        """;

    private RedisKey[] _keys = [];

    protected override async Task RunAsync()
    {
        _keys = [Place.Queue, Place.Held];
        RedisValue[] handled = [];
        Task acked = Task.CompletedTask;
        var reading = ReadAsync([]);
        while (!IsStopped)
        {
            var reply = (RedisResult[])(await reading)!;
            if (reply.Length == 0)
            {
                await acked;
                await WaitAsync();
                reading = ReadAsync(handled);
                handled = [];
                continue;
            }

            if (ahead)
            {
                reading = ReadAsync(handled);
                handled = [];
            }

            var (last, frames) = ((long)reply[0], (RedisValue[])reply[1]!);
            var ids = new RedisValue[frames.Length];
            for (var i = 0; i < ids.Length; i++)
            {
                Handle(frames[i]);
                ids[i] = last - frames.Length + i + 1;
            }

            if (fused)
            {
                handled = ids;
            }
            else
            {
                await acked;
                acked = Database.HashDeleteAsync(Place.Held, ids);
            }

            if (!ahead)
            {
                await acked;
                reading = ReadAsync(handled);
                handled = [];
            }
        }
    }

    private Task<RedisResult> ReadAsync(RedisValue[] handled) => Database.ScriptEvaluateAsync(Claim, _keys, [count, .. handled]);

    private async Task WaitAsync()
    {
        var frame = (RedisValue)await Blocking.ExecuteAsync("BLMOVE", Place.Queue, Place.Arrivals, "RIGHT", "LEFT", 1);
        if (!frame.IsNull)
        {
            Handle(frame);
            await Database.ListRemoveAsync(Place.Arrivals, frame);
        }
    }
}
