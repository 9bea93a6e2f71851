using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Errors;
using StackExchange.Redis;

namespace RedisMessaging.Redis.WakeSignals;

/// <summary>Finds keys of wake signals that hold something other than a stream.</summary>
internal static class ForeignKeys
{
    /// <summary>One key that is no stream any more would keep all the others from being read.</summary>
    /// <returns>Whether there was one.</returns>
    public static async Task<bool> LeaveOutAsync(
        BlockingConnection connection,
        SignalSet signals,
        Dictionary<RedisKey, List<(WakeSignal Signal, string Position)>> read)
    {
        var found = false;
        try
        {
            var keys = read.Keys.ToArray();
            var types = await connection.RunAsync(
                "TYPE",
                database => Task.WhenAll(keys.Select(key => database.KeyTypeAsync(key)))).ConfigureAwait(false);
            for (var i = 0; i < keys.Length; i++)
            {
                if (types[i] is RedisType.Stream or RedisType.None)
                {
                    continue;
                }

                foreach (var (signal, _) in read[keys[i]].Where(set => !set.Signal.StaysSet))
                {
                    found = true;
                    signals.Deny(signal);
                }
            }
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error))
        {
        }

        return found;
    }
}
