using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams;

/// <summary>What a stream topic is made of.</summary>
internal static class StreamLayout
{
    private const int Version = 1;

    // A test holds them against the scripts.
    private static readonly string[] Commands =
    [
        "DEL", "EVAL", "EVALSHA", "EXISTS", "GET", "HDEL", "HEXISTS", "HGET", "HMGET", "HSET", "SCRIPT|LOAD", "SET", "TIME", "TYPE", "XACK", "XADD", "XAUTOCLAIM", "XCLAIM", "XDEL",
        "XGROUP|CREATE", "XGROUP|CREATECONSUMER", "XGROUP|DELCONSUMER", "XGROUP|DESTROY", "XINFO|CONSUMERS", "XINFO|GROUPS", "XINFO|STREAM", "XLEN", "XPENDING", "XRANGE",
        "XREADGROUP", "XREVRANGE", "XTRIM", "ZADD", "ZCARD", "ZRANGE", "ZRANGEBYSCORE", "ZREM",
    ];

    /// <param name="group">Whose keys to look at, too, as the group is called in Redis; <see langword="null"/> for the topic's own alone.</param>
    public static TopicLayout Of(StreamKeys keys, string? group = null) => new()
    {
        Name = "stream",
        Version = Version,
        Stamp = keys.Layout,
        Keys =
        [
            (keys.Stream, "stream"),
            (keys.DeadLetters, "stream"),
            .. keys.Schedule.Types,
            .. group is null
                ? []
                : new (RedisKey, string)[]
                {
                    (keys.Retry(group), "stream"),
                    (keys.Starts(group), "hash"),
                    (keys.Floor(group), "string"),
                    (keys.Retries(group), "zset"),
                    (keys.RetryMessages(group), "hash"),
                },
        ],
        Commands = Commands,
    };
}
