using RedisMessaging.Redis.Keys;
using RedisMessaging.Redis.WakeSignals;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Scheduling;

/// <summary>Where a topic keeps what is not due yet.</summary>
/// <param name="keys">The topic's keys.</param>
/// <param name="transport">What the names start with: a schedule belongs to the transport that its messages are published over.</param>
internal sealed class ScheduleKeys(TopicKeys keys, string transport)
{
    /// <summary>A sorted set: message ids by when they are due, in ms since 1970 by the server's clock.</summary>
    public RedisKey Scheduled { get; } = keys[transport + ":scheduled"];

    /// <summary>A hash: message id → frame.</summary>
    public RedisKey Messages { get; } = keys[transport + ":scheduled:messages"];

    /// <summary>
    /// A stream of one entry, added to when something is due before all else: whoever waits for what is due reads it, blocked.
    /// </summary>
    public RedisKey Signal { get; } = keys[transport + ":signal"];

    /// <summary>What each holds, in the words of TYPE.</summary>
    public (RedisKey Key, string Type)[] Types => [(Scheduled, "zset"), (Messages, "hash"), (Signal, "stream")];
}
