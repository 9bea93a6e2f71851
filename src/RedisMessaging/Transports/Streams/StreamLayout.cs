using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Transports.Streams.Groups;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams;

/// <summary>What a stream topic is made of.</summary>
internal static class StreamLayout
{
    private const int Version = 1;

    // A test holds them against the scripts.
    private static readonly string[] Commands =
    [
        "DEL", "EVAL", "EVALSHA", "EXISTS", "GET", "HDEL", "HEXISTS", "HGET", "HGETALL", "HMGET", "HSET", "SCRIPT|LOAD", "SET", "TIME", "TYPE", "XACK", "XADD", "XAUTOCLAIM", "XCLAIM", "XDEL",
        "XGROUP|CREATE", "XGROUP|CREATECONSUMER", "XGROUP|DELCONSUMER", "XGROUP|DESTROY", "XINFO|CONSUMERS", "XINFO|GROUPS", "XINFO|STREAM", "XLEN", "XPENDING", "XRANGE",
        "XREADGROUP", "XREVRANGE", "XTRIM", "ZADD", "ZCARD", "ZRANGE", "ZRANGEBYSCORE", "ZREM", "ZSCORE",
    ];

    /// <param name="group">Whose keys to look at, too, as the group is called in Redis; <see langword="null"/> for the topic's own alone.</param>
    /// <param name="inbox">Whether the group remembers what it has handled.</param>
    public static TopicLayout Of(StreamKeys keys, string? group = null, bool inbox = false) => new()
    {
        Name = "stream",
        Version = Version,
        Stamp = keys.Layout,
        Keys = [(keys.Stream, "stream"), (keys.DeadLetters, "stream"), (keys.Seen, "hash"), .. keys.Schedule.Types, .. GroupKeys(keys, group, inbox)],
        Commands = Commands,
    };

    private static IEnumerable<(RedisKey Key, string Type)> GroupKeys(StreamKeys keys, string? group, bool inbox)
    {
        if (group is not null)
        {
            yield return (keys.Retry(group), "stream");
            yield return (keys.Starts(group), "hash");
            yield return (keys.SettledUpTo(group), "string");
            yield return (keys.Retries(group), "zset");
            yield return (keys.RetryMessages(group), "hash");
        }

        if (group is not null && BroadcastGroups.IsRemembered(group))
        {
            yield return (keys.Holder(group), "string");
            yield return (keys.Broadcasts, "zset");
        }

        if (group is not null && inbox)
        {
            yield return (keys.Inbox(group), "zset");
        }
    }
}
