using StackExchange.Redis;

namespace RedisMessaging.Redis.WakeSignals;

/// <summary>
/// The wake signals of one hash slot and the stream position from which each of them is awaited. Its lock guards the signals. It reads
/// nothing and waits for nothing.
/// </summary>
internal sealed class SignalSet
{
    private readonly Lock _lock = new();
    private readonly HashSet<WakeSignal> _signals = [];

    /// <returns>Whether there is more to read now.</returns>
    public bool Add(WakeSignal signal)
    {
        lock (_lock)
        {
            _signals.Add(signal);
            return signal.Position is not null;
        }
    }

    /// <returns>Whether there is something else to read now.</returns>
    public bool Set(WakeSignal signal, string position)
    {
        lock (_lock)
        {
            return signal.Set(position);
        }
    }

    public void Unset(WakeSignal signal)
    {
        lock (_lock)
        {
            signal.Unset();
        }
    }

    public void Remove(WakeSignal signal)
    {
        lock (_lock)
        {
            _signals.Remove(signal);
        }
    }

    /// <returns>What to read: for each stream the signals on it and the position of each of them.</returns>
    public Dictionary<RedisKey, List<(WakeSignal Signal, string Position)>> BeginRead()
    {
        lock (_lock)
        {
            var read = new Dictionary<RedisKey, List<(WakeSignal, string)>>();
            foreach (var signal in _signals)
            {
                if (signal.Position is { } position)
                {
                    if (!read.TryGetValue(signal.Key, out var signals))
                    {
                        read.Add(signal.Key, signals = new List<(WakeSignal, string)>(1));
                    }

                    signals.Add((signal, position));
                    signal.IsHeard = true;
                }
            }

            return read;
        }
    }

    /// <summary>A read has found an entry: calls those whose position lies before it.</summary>
    public void Signal(List<(WakeSignal Signal, string Position)> signals, string entry)
    {
        foreach (var (signal, position) in signals)
        {
            bool isMeant;
            lock (_lock)
            {
                isMeant = signal.Take(position, entry);
            }

            if (isMeant)
            {
                signal.Ring();
            }
        }
    }

    /// <summary>A signal is awaited beyond the end of its stream: reads the stream from its beginning.</summary>
    public void Restart(WakeSignal signal, string position)
    {
        lock (_lock)
        {
            if (signal.Position == position)
            {
                signal.Miss();
            }
        }
    }

    /// <summary>A read has failed: signals may have been missed, so that each waiter checks for itself once.</summary>
    public void Fail(IEnumerable<(WakeSignal Signal, string Position)> signals, bool isDenied)
    {
        foreach (var (signal, _) in signals)
        {
            bool calls;
            lock (_lock)
            {
                // A waiter for a single signal checks now, and comes back.
                calls = signal.IsDenied != isDenied || !signal.StaysSet;
                signal.Miss();
                signal.IsDenied = isDenied;
            }

            if (calls)
            {
                signal.Ring();
            }
        }
    }

    /// <summary>The key of a signal is no stream: its waiter has to check for itself.</summary>
    public void Deny(WakeSignal signal)
    {
        lock (_lock)
        {
            signal.Miss();
            signal.IsDenied = true;
        }

        signal.Ring();
    }

    /// <summary>The position from which all signals on a stream are read.</summary>
    public static string Earliest(List<(WakeSignal Signal, string Position)> signals)
    {
        var earliest = signals[0].Position;
        foreach (var (_, position) in signals)
        {
            earliest = WakeSignal.IsBehind(earliest, position) ? position : earliest;
        }

        return earliest;
    }
}
