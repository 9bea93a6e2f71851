using StackExchange.Redis;

namespace RedisMessaging.Transports.Queue.Claims;

/// <summary>Those of a batch that are in one lot.</summary>
internal sealed class ClaimedBatchPart(ClaimedBatch lot, int most)
{
    public ClaimedBatch Lot => lot;

    public List<long> Numbers { get; } = new(most);

    /// <summary>What is to be remembered of those that are acked.</summary>
    public List<RedisValue> Ids { get; } = [];
}
