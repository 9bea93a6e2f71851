using Microsoft.Extensions.Logging;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.StreamReading;
using StackExchange.Redis;

namespace RedisMessaging.Redis.WakeSignals;

/// <summary>
/// Finds bells that are set beyond the end of their stream: nothing wakes for an entry below a position, and a stream that was deleted and
/// made again starts below it. Asks for all streams of a reader at once, every few seconds. Only of those that stay set: a reader that sets
/// one each time asks first where, and may have reasons to be ahead of a stream.
/// </summary>
internal sealed class WakeSignalEnds(TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private long _lookedAt = time.GetTimestamp();
    private bool _isDenied;

    /// <param name="read">For each stream its bells, and where each of them was set for the last read.</param>
    /// <returns>Those that are beyond; none while it is not time to look.</returns>
    public async ValueTask<IReadOnlyList<(WakeSignal Bell, string Position)>> FindPassedAsync(
        BlockingConnection connection,
        Dictionary<RedisKey, List<(WakeSignal Bell, string Position)>> read)
    {
        if (_isDenied || time.GetElapsedTime(_lookedAt) < Interval)
        {
            return [];
        }

        _lookedAt = time.GetTimestamp();
        var keys = read.Where(bells => bells.Value.Exists(MayBeBeyond)).Select(bells => bells.Key).ToArray();
        if (keys.Length == 0)
        {
            return [];
        }

        try
        {
            var ends = await connection.RunAsync("XINFO", database => StreamEnd.AskAsync(database, keys)).ConfigureAwait(false);
            return FindPassed(keys, ends, read);
        }
        catch (Exception error) when (RedisErrors.IsDenied(error))
        {
            _isDenied = true;
            Log.EndsDenied(logger, error);
            return [];
        }
    }

    private static bool MayBeBeyond((WakeSignal Bell, string Position) set) => set.Bell.StaysSet && set.Position != StreamEnd.Beginning;

    private List<(WakeSignal Bell, string Position)> FindPassed(
        RedisKey[] keys,
        StreamEnd?[] ends,
        Dictionary<RedisKey, List<(WakeSignal Bell, string Position)>> read)
    {
        var passed = new List<(WakeSignal Bell, string Position)>();
        for (var i = 0; i < keys.Length; i++)
        {
            if (ends[i] is { } end
                && read[keys[i]].FindAll(set => MayBeBeyond(set) && end.IsPassedBy(set.Position)) is { Count: > 0 } beyond)
            {
                Log.WakeSignalBeginsAgain(logger, keys[i].ToString(), beyond[0].Position);
                passed.AddRange(beyond);
            }
        }

        return passed;
    }
}
