using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Transports.Contracts;
using RedisMessaging.Transports.Streams.Reading;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Queue;

/// <summary>What a queue is made of.</summary>
internal static class QueueLayout
{
    private const int Version = 2;

    // A test holds them against the scripts.
    private static readonly string[] AtLeastOnce =
    [
        "BLMOVE", "DEL", "EVAL", "EVALSHA", "GET", "HDEL", "HEXISTS", "HGET", "HGETALL", "HKEYS", "HLEN", "HMGET", "HSET", "LINDEX", "LLEN", "LPOS", "LPUSH", "LRANGE", "LSET", "LTRIM",
        "RPOP", "RPUSH", "SCRIPT|LOAD", "SET", "SORT", "TIME", "TYPE", "XADD", "XREVRANGE", "XTRIM", "ZADD", "ZCARD", "ZRANGE", "ZRANGEBYSCORE", "ZREM", "ZSCORE",
    ];

    private static readonly string[] AtMostOnce =
    [
        "BLMPOP", "EVAL", "EVALSHA", "GET", "HDEL", "HGET", "HSET", "LPUSH", "RPUSH", "SCRIPT|LOAD", "SET", "TIME", "TYPE", "XADD", "XTRIM", "ZADD", "ZRANGE", "ZRANGEBYSCORE", "ZREM",
    ];

    /// <param name="subscription">Whose keys to look at, too; <see langword="null"/> for the topic's own alone.</param>
    public static TopicLayout Of(QueueKeys keys, bool acks, ReceiverOptions? subscription = null) => new()
    {
        Name = "queue",
        Version = Version,
        Stamp = keys.Layout,
        Keys =
        [
            (keys.Waiting, "list"),
            (keys.Consumers, "zset"),
            (keys.DeadLetters, "stream"),
            (keys.Retries, "zset"),
            (keys.RetryMessages, "hash"),
            (keys.WaitingConsumers, "string"),
            (keys.Wake, "stream"),
            .. keys.Schedule.Types,
            .. keys.IsShared ? [(keys.Attempts, "hash")] : Array.Empty<(RedisKey, string)>(),
            .. OwnKeys(keys, subscription),
        ],
        Commands = acks ? AtLeastOnce : AtMostOnce,
    };

    private static IEnumerable<(RedisKey Key, string Type)> OwnKeys(QueueKeys keys, ReceiverOptions? subscription)
    {
        if (subscription is not null)
        {
            yield return (keys.Claims(subscription.Consumer), "hash");
            yield return (keys.BlockedPops(subscription.Consumer), "list");
            yield return (keys.ClaimedBatches(subscription.Consumer), "hash");
        }

        if (subscription is { InboxWindow: not null })
        {
            yield return (keys.Inbox(subscription.Group), "zset");
        }
    }
}
