using StackExchange.Redis;

namespace RedisMessaging.Redis.StreamReading;

/// <summary>Reads the raw replies of XREAD and XREADGROUP: an array of pairs in RESP2, a flattened map in RESP3.</summary>
internal static class XReadReply
{
    /// <summary>The entries of one stream in such a reply; empty when it returned none of it.</summary>
    public static ReadOnlySpan<RedisResult> EntriesOf(RedisResult reply, RedisValue stream)
    {
        if (reply.IsNull)
        {
            return [];
        }

        var items = (RedisResult[])reply!;
        if (items.Length > 0 && items[0].Length < 0)
        {
            for (var i = 0; i + 1 < items.Length; i += 2)
            {
                if ((RedisValue)items[i] == stream)
                {
                    return (RedisResult[])items[i + 1]!;
                }
            }
        }
        else
        {
            foreach (var pair in items)
            {
                if ((RedisValue)pair[0] == stream)
                {
                    return (RedisResult[])pair[1]!;
                }
            }
        }

        return [];
    }
}
