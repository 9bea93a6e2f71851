namespace RedisMessaging.Transports.PubSub;

/// <summary>
/// What a receiver holds until it is asked for: arrivals, bounded because Redis pushes and can't be told to wait, and messages to be tried again, bounded by
/// what is in hand. Written to by StackExchange.Redis' callback and by settling, read by one receive loop.
/// </summary>
internal sealed class PubSubBuffer(int capacity, PubSubFullMode fullMode)
{
    private readonly Lock _lock = new();
    private readonly Queue<Delivery> _arrivals = new();
    private readonly Queue<Delivery> _retries = new();
    private TaskCompletionSource? _filled;

    public int Capacity => capacity;

    /// <summary>False when it was full: this delivery or the oldest one was dropped.</summary>
    public bool Add(in Delivery delivery)
    {
        TaskCompletionSource? filled;
        bool dropped;
        lock (_lock)
        {
            dropped = _arrivals.Count >= capacity;
            if (dropped && fullMode == PubSubFullMode.DropNewest)
            {
                return false;
            }

            if (dropped)
            {
                _arrivals.Dequeue();
            }

            _arrivals.Enqueue(delivery);
            filled = TakeFilled();
        }

        filled?.SetResult();
        return !dropped;
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
    public int Take(Span<Delivery> buffer, out Task filled)
    {
        lock (_lock)
        {
            var taken = 0;
            while (taken < buffer.Length && (_retries.TryDequeue(out var delivery) || _arrivals.TryDequeue(out delivery)))
            {
                buffer[taken++] = delivery;
            }

            // Continuations elsewhere: the callback that fills the buffer must not end up running handlers.
            filled = taken > 0 ? Task.CompletedTask : (_filled ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            return taken;
        }
    }

    private TaskCompletionSource? TakeFilled()
    {
        var filled = _filled;
        _filled = null;
        return filled;
    }
}
