using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Transports.Streams.Recovery;

/// <summary>What was handed out, or is kept inside, and is not settled yet. Read by the receive loop and changed by settling at the same time.</summary>
internal sealed class OwnedEntries(TimeProvider time, TimeSpan lease)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<EntryRef, OwnedEntry> _entries = [];
    private readonly HashSet<EntryRef> _settledMeanwhile = [];
    private bool _isRecovering;

    /// <summary>Until when an entry can't have been taken over, with time for a command to get there.</summary>
    private readonly TimeSpan _safely = lease * 0.75;

    /// <summary>
    /// A read of pending entries begins. It may still return what is settled before its reply is looked at, and that must not be taken for new.
    /// </summary>
    public void BeginRecovery()
    {
        lock (_lock)
        {
            _settledMeanwhile.Clear();
            _isRecovering = true;
        }
    }

    public void EndRecovery()
    {
        lock (_lock)
        {
            _settledMeanwhile.Clear();
            _isRecovering = false;
        }
    }

    /// <summary>False when it is held already, or was settled a moment ago. What is held has its lease begun anew.</summary>
    public bool TryAdd(EntryRef entry, string receipt, long claimedAt)
    {
        lock (_lock)
        {
            if (_settledMeanwhile.Contains(entry))
            {
                return false;
            }

            if (_entries.TryAdd(entry, new OwnedEntry(receipt, claimedAt)))
            {
                return true;
            }

            _entries[entry] = new OwnedEntry(receipt, claimedAt);
            return false;
        }
    }

    /// <summary>Redis dropped a pending entry because it is gone from the stream. False when it was not held, and so is lost.</summary>
    public bool TryOrphan(EntryRef entry)
    {
        lock (_lock)
        {
            if (_settledMeanwhile.Contains(entry))
            {
                return true;
            }

            if (!_entries.TryGetValue(entry, out var held))
            {
                return false;
            }

            _entries[entry] = held with { IsOrphan = true };
            return true;
        }
    }

    /// <summary>Verdicts were sent, and whether they were carried out is not known.</summary>
    public void Doubt(ReadOnlySpan<Settlement> sent)
    {
        lock (_lock)
        {
            foreach (ref readonly var settlement in sent)
            {
                var entry = EntryRef.Of(settlement.Delivery);
                if (settlement.Kind is not (SettlementKind.Extend or SettlementKind.Start) && _entries.TryGetValue(entry, out var held))
                {
                    _entries[entry] = held with { IsInDoubt = true };
                }
            }
        }
    }

    public void Remove(EntryRef entry)
    {
        lock (_lock)
        {
            Drop(entry);
        }
    }

    public void RemoveAll(ReadOnlySpan<Settlement> settled)
    {
        lock (_lock)
        {
            foreach (ref readonly var settlement in settled)
            {
                Drop(EntryRef.Of(settlement.Delivery));
            }
        }
    }

    /// <summary>Whether all are held, pending in Redis as far as is known, and nobody else can have one of them, not even by the time a command sent now is carried out.</summary>
    public bool AreSafe(ReadOnlySpan<Settlement> batch)
    {
        var oldest = long.MaxValue;
        lock (_lock)
        {
            foreach (ref readonly var settlement in batch)
            {
                if (!_entries.TryGetValue(EntryRef.Of(settlement.Delivery), out var held) || held.IsOrphan)
                {
                    return false;
                }

                oldest = Math.Min(oldest, held.ClaimedAt);
            }
        }

        return time.GetElapsedTime(oldest) < _safely;
    }

    public OwnedEntry? Find(EntryRef entry)
    {
        lock (_lock)
        {
            return _entries.TryGetValue(entry, out var held) ? held : null;
        }
    }

    /// <summary>Redis has just confirmed that it is pending for this consumer. False when it is not held.</summary>
    public bool Renew(EntryRef entry, long claimedAt)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(entry, out var held))
            {
                return false;
            }

            _entries[entry] = held with { ClaimedAt = Math.Max(held.ClaimedAt, claimedAt), IsOrphan = false };
            return true;
        }
    }

    public KeyValuePair<EntryRef, OwnedEntry>[] Snapshot()
    {
        lock (_lock)
        {
            return [.. _entries];
        }
    }

    /// <summary>Nobody else can have it, not even by the time a command sent now is carried out.</summary>
    public bool IsSafe(in OwnedEntry held) => time.GetElapsedTime(held.ClaimedAt) < _safely;

    /// <summary>Nobody else can have had it until now.</summary>
    public bool IsFresh(in OwnedEntry held) => time.GetElapsedTime(held.ClaimedAt) < lease;

    private void Drop(EntryRef entry)
    {
        _entries.Remove(entry);
        if (_isRecovering)
        {
            _settledMeanwhile.Add(entry);
        }
    }
}
