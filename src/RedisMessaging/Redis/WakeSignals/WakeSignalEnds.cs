using Microsoft.Extensions.Logging;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.StreamReading;
using StackExchange.Redis;

namespace RedisMessaging.Redis.WakeSignals;

/// <summary>
/// Finds wake signals that are set beyond the end of their stream: nothing wakes for an entry below a position, and a stream that was
/// deleted and made again starts below it. Asks for all streams of a reader at once, every few seconds. Only of those that stay set: a
/// reader that sets one each time asks first where, and may have reasons to be ahead of a stream.
/// </summary>
internal sealed class WakeSignalEnds(TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private long _checkedAt = time.GetTimestamp();
    private bool _isDenied;

    /// <param name="read">For each stream its signals, and where each of them was set for the last read.</param>
    /// <returns>Those that are beyond; none while it is not time to look.</returns>
    public async ValueTask<IReadOnlyList<(WakeSignal Signal, string Position)>> FindPassedAsync(
        BlockingConnection connection,
        Dictionary<RedisKey, List<(WakeSignal Signal, string Position)>> read)
    {
        if (_isDenied || time.GetElapsedTime(_checkedAt) < Interval)
        {
            return [];
        }

        _checkedAt = time.GetTimestamp();
        var keys = read.Where(signals => signals.Value.Exists(MayBeBeyond)).Select(signals => signals.Key).ToArray();
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

    private static bool MayBeBeyond((WakeSignal Signal, string Position) set) => set.Signal.StaysSet && set.Position != StreamEnd.Beginning;

    private List<(WakeSignal Signal, string Position)> FindPassed(
        RedisKey[] keys,
        StreamEnd?[] ends,
        Dictionary<RedisKey, List<(WakeSignal Signal, string Position)>> read)
    {
        var passed = new List<(WakeSignal Signal, string Position)>();
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
