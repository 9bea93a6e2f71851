namespace RedisMessaging.Transports.Streams;

/// <summary>
/// Received and not handed out yet. There can be more than was asked for, since COUNT holds for each stream of an XREADGROUP. Only the receive loop uses it.
/// </summary>
internal sealed class Arrivals(StreamConsumer consumer, HeldEntries held)
{
    private readonly Queue<Delivery> _deliveries = [];

    public int Count => _deliveries.Count;

    /// <summary>False when the entry is held already.</summary>
    public bool Add(StreamLane lane, in StreamEntry entry, long claimedAt, int recordedStarts = 0, bool redelivered = false)
    {
        if (!held.TryAdd(new EntryRef(lane, entry.Id), entry.Receipt, claimedAt))
        {
            return false;
        }

        _deliveries.Enqueue(new Delivery
        {
            Frame = entry.Frame,
            Receipt = entry.Receipt,
            Lane = (byte)lane,
            Channel = consumer.Subscription.Address,
            Starts = Math.Max(entry.Starts, recordedStarts),
            Redelivered = redelivered,
            Position = entry.Position,
        });
        return true;
    }

    public int Take(Span<Delivery> buffer)
    {
        var count = 0;
        while (count < buffer.Length && _deliveries.TryDequeue(out var delivery))
        {
            buffer[count++] = delivery;
        }

        return count;
    }

    /// <summary>Whether the oldest may have been taken over by now, having waited in here for long.</summary>
    public bool HaveWaited => _deliveries.TryPeek(out var delivery) && !(held.Find(EntryRef.Of(delivery)) is { } entry && held.IsSafe(entry));

    /// <summary>Those that would be taken next.</summary>
    public Settlement[] Next(int count, Verdict verdict) => [.. _deliveries.Take(count).Select(delivery => new Settlement(delivery, verdict, delivery.Starts))];

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
