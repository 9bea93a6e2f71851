using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Topics.Families;

/// <summary>
/// What the members of a family have read and no handler has taken. Members take turns, message by message, so that none starves; the order
/// within each stays.
/// </summary>
internal sealed class FairQueue
{
    private readonly Lock _lock = new();
    private readonly Queue<MemberFeed> _turns = new();
    private TaskCompletionSource? _waiter;

    /// <summary>A member has read something.</summary>
    public void Add(MemberFeed feed, ReadOnlySpan<Delivery> deliveries)
    {
        TaskCompletionSource? waiter;
        lock (_lock)
        {
            foreach (ref readonly var delivery in deliveries)
            {
                feed.Ready.Enqueue(delivery);
            }

            _turns.Enqueue(feed);
            (waiter, _waiter) = (_waiter, null);
        }

        waiter?.TrySetResult();
    }

    /// <summary>Takes what is there, without waiting.</summary>
    public int Take(Span<Delivery> buffer)
    {
        lock (_lock)
        {
            return Take(buffer, long.MaxValue);
        }
    }

    /// <summary>Waits until a member has something, and takes as much as fits. One caller at a time.</summary>
    /// <param name="bytes">A single message may be larger.</param>
    public async ValueTask<int> TakeAsync(Memory<Delivery> buffer, long bytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Task waiting;
            lock (_lock)
            {
                if (Take(buffer.Span, bytes) is > 0 and var count)
                {
                    return count;
                }

                _waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                waiting = _waiter.Task;
            }

            await waiting.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What waits of one member, as settlements of one kind.</summary>
    public Settlement[] SettlementsOf(MemberFeed feed, SettlementKind kind)
    {
        lock (_lock)
        {
            return [.. feed.Ready.Select(delivery => new Settlement(delivery, kind, delivery.Starts))];
        }
    }

    /// <summary>Drops what another consumer has by now. What was taken meanwhile is not in here.</summary>
    /// <returns>How many were dropped.</returns>
    public int Drop(MemberFeed feed, HashSet<Delivery> lost)
    {
        var dropped = 0;
        lock (_lock)
        {
            for (var i = feed.Ready.Count; i > 0; i--)
            {
                var delivery = feed.Ready.Dequeue();
                if (lost.Contains(delivery))
                {
                    dropped++;
                }
                else
                {
                    feed.Ready.Enqueue(delivery);
                }
            }
        }

        return dropped;
    }

    private int Take(Span<Delivery> buffer, long bytes)
    {
        var count = 0;
        while (count < buffer.Length
            && _turns.TryPeek(out var feed)
            && (count == 0 || !feed.Ready.TryPeek(out var next) || next.Frame.Length <= bytes))
        {
            _turns.Dequeue();
            // None is left where all that was ready was lost to others.
            if (feed.Ready.TryDequeue(out var delivery))
            {
                bytes -= delivery.Frame.Length;
                buffer[count++] = delivery;
                if (feed.Ready.Count > 0)
                {
                    _turns.Enqueue(feed);
                    continue;
                }
            }

            feed.NoteDrained();
        }

        return count;
    }
}
