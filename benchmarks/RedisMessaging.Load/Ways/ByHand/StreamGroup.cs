using StackExchange.Redis;

namespace RedisMessaging.Load.Ways.ByHand;

/// <summary>What StackExchange.Redis has no method for.</summary>
internal static class StreamGroup
{
    public static async Task CreateAsync(IDatabase database, Place place)
    {
        try
        {
            await database.StreamCreateConsumerGroupAsync(place.Stream, Place.Group, "0");
        }
        catch (RedisServerException exception) when (exception.Message.StartsWith("BUSYGROUP", StringComparison.Ordinal))
        {
            // It is there: what is measured is a drain.
        }
    }

    /// <summary>Waits a second at the most for new entries.</summary>
    public static async Task<(RedisValue[] Ids, RedisValue[] Frames)> BlockAsync(IDatabase blocking, Place place, int count)
    {
        var reply = await blocking.ExecuteAsync("XREADGROUP", "GROUP", Place.Group, "one", "COUNT", count, "BLOCK", 1_000, "STREAMS", place.Stream, ">");
        if (reply.IsNull)
        {
            return ([], []);
        }

        var entries = (RedisResult[])((RedisResult[])((RedisResult[])reply!)[0]!)[1]!;
        var ids = new RedisValue[entries.Length];
        var frames = new RedisValue[entries.Length];
        for (var i = 0; i < entries.Length; i++)
        {
            var entry = (RedisResult[])entries[i]!;
            ids[i] = (RedisValue)entry[0];
            frames[i] = (RedisValue)((RedisResult[])entry[1]!)[1];
        }

        return (ids, frames);
    }
}
