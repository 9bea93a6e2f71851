using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Transports.PubSub;

/// <summary>
/// What a receiver holds until it is asked for: arrivals, bounded because Redis pushes and can't be told to wait, and messages to be tried again, bounded by
/// what is in hand. The bounds hold in messages and in bytes; a single message may be larger. Written to by StackExchange.Redis' callback and by settling, read by one receive loop.
/// </summary>
internal sealed class PubSubBuffer(int capacity, long byteCapacity, PubSubFullMode fullMode, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Queue<Delivery> _arrivals = new();
    private readonly Queue<Delivery> _retries = new();
    private TaskCompletionSource? _filled;
    private DateTimeOffset _fillingSince;
    private long _bytes;

    public int Capacity => capacity;

    public long ByteCapacity => byteCapacity;

    /// <summary>How many messages wait in it.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _arrivals.Count + _retries.Count;
            }
        }
    }

    /// <summary>Adds an arrival, dropping what there is no room for.</summary>
    /// <param name="emptied">When everything had to go: since when it had been gathering.</param>
    /// <returns>How many were dropped.</returns>
    public int Add(in Delivery delivery, out DateTimeOffset? emptied)
    {
        TaskCompletionSource? filled;
        emptied = null;
        var dropped = 0;
        lock (_lock)
        {
            while (IsTooFullFor(delivery))
            {
                switch (fullMode)
                {
                    case PubSubFullMode.DropNewest:
                        return 1;
                    case PubSubFullMode.Disconnect:
                        dropped = _arrivals.Count;
                        _arrivals.Clear();
                        _bytes = 0;
                        emptied = _fillingSince;
                        break;
                    default:
                        // A large one may take the place of many.
                        _bytes -= _arrivals.Dequeue().Frame.Length;
                        dropped++;
                        break;
                }
            }

            if (fullMode == PubSubFullMode.Disconnect && _arrivals.Count == 0)
            {
                _fillingSince = time.GetUtcNow();
            }

            _arrivals.Enqueue(delivery);
            _bytes += delivery.Frame.Length;
            filled = TakeFilled();
        }

        filled?.SetResult();
        return dropped;
    }

    /// <summary>Puts back what was handed out before; it goes out again ahead of all arrivals.</summary>
    public void AddRetry(in Delivery delivery)
    {
        TaskCompletionSource? filled;
        lock (_lock)
        {
            _retries.Enqueue(delivery);
            filled = TakeFilled();
        }

        filled?.SetResult();
    }

    /// <summary>Takes what there is, what is to be tried again first. When that is nothing, <paramref name="filled"/> ends as soon as there is something.</summary>
    /// <param name="bytes">How many bytes they may have together; the first may have more.</param>
    public int Take(Span<Delivery> buffer, long bytes, out Task filled)
    {
        lock (_lock)
        {
            var taken = 0;
            while (taken < buffer.Length && (_retries.TryPeek(out var delivery) || _arrivals.TryPeek(out delivery)) && (taken == 0 || delivery.Frame.Length <= bytes))
            {
                if (!_retries.TryDequeue(out _))
                {
                    _arrivals.Dequeue();
                    _bytes -= delivery.Frame.Length;
                }

                bytes -= delivery.Frame.Length;
                buffer[taken++] = delivery;
            }

            // Continuations elsewhere: the callback that fills the buffer must not end up running handlers.
            filled = taken > 0 ? Task.CompletedTask : (_filled ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            return taken;
        }
    }

    private bool IsTooFullFor(in Delivery delivery) => _arrivals.Count > 0 && (_arrivals.Count >= capacity || _bytes + delivery.Frame.Length > byteCapacity);

    private TaskCompletionSource? TakeFilled()
    {
        var filled = _filled;
        _filled = null;
        return filled;
    }
}
