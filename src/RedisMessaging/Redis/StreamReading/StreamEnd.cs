using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Redis.WakeSignals;
using StackExchange.Redis;

namespace RedisMessaging.Redis.StreamReading;

/// <summary>
/// The last id that a stream ever gave. A position that a reader remembers outlives its stream: after a DEL, a FLUSHALL, a restore from an
/// older dump, a failover to an empty replica or with a clock that is behind, the key may hold a stream that ends before that position. An
/// XREAD from there never returns, although messages come.
/// </summary>
/// <param name="LastId">Not that of the last entry that is left: trimming and deleting do not change it.</param>
internal readonly record struct StreamEnd(string LastId)
{
    /// <summary>Before every entry.</summary>
    public const string Beginning = WakeSignal.Beginning;

    /// <summary>Whether the position was another stream's: this one never got there.</summary>
    public bool IsPassedBy(string position) => WakeSignal.IsBehind(position, LastId);

    /// <summary>Asks for streams of one hash slot.</summary>
    /// <returns>In the order of the keys; <see langword="null"/> for one that this user may not look at, or that is not a stream.</returns>
    public static async Task<StreamEnd?[]> AskAsync(IDatabase database, RedisKey[] keys)
    {
        var reply = (RedisResult[])(await TopicCalls.StreamEnds(keys).RunAsync(database).ConfigureAwait(false))!;
        return Array.ConvertAll(reply, id => id.IsNull ? default(StreamEnd?) : new StreamEnd((string)id!));
    }

    /// <summary>Asks for one stream, also where this user may run no scripts.</summary>
    /// <returns><see langword="null"/> when this user may not look at it either way.</returns>
    public static async Task<StreamEnd?> AskAsync(IDatabase database, RedisKey key)
    {
        try
        {
            if ((await AskAsync(database, [key]).ConfigureAwait(false))[0] is { } end)
            {
                return end;
            }
        }
        catch (Exception error) when (RedisErrors.IsDenied(error))
        {
        }

        try
        {
            return new StreamEnd((await database.StreamInfoAsync(key).ConfigureAwait(false)).LastGeneratedId!);
        }
        catch (RedisServerException error) when (error.Message.StartsWith("ERR no such key", StringComparison.Ordinal))
        {
            return new StreamEnd(Beginning);
        }
        catch (Exception error) when (RedisErrors.IsDenied(error))
        {
            return null;
        }
    }
}
