using RedisMessaging.Transports.Contracts;
using RedisMessaging.Transports.Streams.Recovery;

namespace RedisMessaging.Transports.Streams.Reading;

/// <summary>
/// Received and not handed out yet. There can be more than was asked for, since COUNT holds for each stream of an XREADGROUP. Only the receive loop uses it.
/// </summary>
internal sealed class EntryBuffer(StreamConsumer consumer, OwnedEntries held)
{
    private readonly Queue<Delivery> _deliveries = [];
    private readonly Queue<Delivery> _aside = [];

    /// <summary>Those that can be taken.</summary>
    public int Count => _deliveries.Count;

    /// <summary>There are some that can't be taken before <see cref="BringForward"/>.</summary>
    public bool AreSetAside => _aside.Count > 0;

    /// <summary>False when the entry is held already.</summary>
    public bool Add(StreamSource lane, in StreamRecord entry, long claimedAt, int? recordedStarts = null, bool redelivered = false)
    {
        // What is on record has no verdict, or it would be gone.
        var suspect = recordedStarts is not null || entry.IsSuspect;
        if (!held.TryAdd(new EntryRef(lane, entry.Id), entry.Receipt, claimedAt))
        {
            return false;
        }

        _deliveries.Enqueue(new Delivery
        {
            Frame = entry.Frame,
            Receipt = entry.Receipt,
            Source = (byte)lane,
            Channel = consumer.Subscription.Address,
            Starts = Math.Max(entry.Starts, recordedStarts ?? 0),
            Redelivered = redelivered || suspect,
            IsSuspect = suspect,
            Position = entry.Position,
        });
        return true;
    }

    /// <summary>Sets all but the first ones aside: something that goes before them is still to be read.</summary>
    public void SetAside(int first)
    {
        for (var i = _deliveries.Count; i > 0; i--)
        {
            (first-- > 0 ? _deliveries : _aside).Enqueue(_deliveries.Dequeue());
        }
    }

    /// <summary>What was set aside can be taken, after what is there.</summary>
    public void BringForward()
    {
        while (_aside.TryDequeue(out var delivery))
        {
            _deliveries.Enqueue(delivery);
        }
    }

    /// <param name="bytes">How many bytes they may have together; the first may have more.</param>
    public int Take(Span<Delivery> buffer, long bytes = long.MaxValue)
    {
        var count = 0;
        while (count < buffer.Length && _deliveries.TryPeek(out var delivery) && (count == 0 || delivery.Frame.Length <= bytes))
        {
            bytes -= delivery.Frame.Length;
            buffer[count++] = _deliveries.Dequeue();
        }

        return count;
    }

    /// <summary>Whether the oldest may have been taken over by now, having waited in here for long.</summary>
    public bool HaveWaited => _deliveries.TryPeek(out var delivery) && !(held.Find(EntryRef.Of(delivery)) is { } entry && held.IsSafe(entry));

    /// <summary>Those that would be taken next.</summary>
    public Settlement[] Next(int count, SettlementKind verdict) => [.. _deliveries.Take(count).Select(delivery => new Settlement(delivery, verdict, delivery.Starts))];

    /// <summary>Drops those that are not held any more.</summary>
    public int DropLost()
    {
        var before = _deliveries.Count;
        for (var i = 0; i < before; i++)
        {
            var delivery = _deliveries.Dequeue();
            if (held.Find(EntryRef.Of(delivery)) is not null)
            {
                _deliveries.Enqueue(delivery);
            }
        }

        return before - _deliveries.Count;
    }
}
