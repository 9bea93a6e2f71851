namespace RedisMessaging.Consuming.Starts;

/// <summary>
/// How many starts are recorded before they are asked for: none where handlers take their time, since a message whose start is on record
/// and that was not started looks like one that may have ended its process; more and more where they are so quick that each would wait for
/// Redis.
/// </summary>
/// <param name="places">How many messages are handled at the same time, which may change.</param>
internal sealed class StartsAhead(Func<int> places, TimeProvider time)
{
    private const int Most = 64;

    /// <summary>A handler that takes longer hardly notices that a start is recorded.</summary>
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(10);

    private long _since = time.GetTimestamp();
    private int _asked;
    private int _ahead;

    /// <summary>A start was asked for.</summary>
    public void Count() => Interlocked.Increment(ref _asked);

    /// <summary>One call at a time.</summary>
    public int Next()
    {
        // Every place had a message twice: those of the first time were through.
        var atOnce = places();
        var rounds = (double)Volatile.Read(ref _asked) / atOnce;
        var took = time.GetElapsedTime(_since);
        if (rounds >= 2)
        {
            _ahead = took < rounds * Quick ? Math.Min(Most, Math.Max(atOnce, 2 * _ahead)) : 0;
        }
        else if (took > 2 * Quick)
        {
            _ahead = 0;
        }
        else
        {
            return _ahead;
        }

        _since = time.GetTimestamp();
        Volatile.Write(ref _asked, 0);
        return _ahead;
    }
}
