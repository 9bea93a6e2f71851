using RedisMessaging.Transports;

namespace RedisMessaging.Pipeline;

/// <summary>What a consumer holds, at most its prefetch. Tells how much room there is and wakes whoever waits for some.</summary>
internal sealed class HeldSet
{
    private readonly Lock _lock = new();
    private readonly HeldDelivery?[] _slots;
    private readonly Stack<int> _free;
    private TaskCompletionSource? _waiter;
    private int _wanted;
    private int _untaken;
    private long _received;

    public HeldSet(int capacity)
    {
        _slots = new HeldDelivery?[capacity];
        _free = new Stack<int>(capacity);
        for (var slot = capacity - 1; slot >= 0; slot--)
        {
            _free.Push(slot);
        }
    }

    public int Capacity => _slots.Length;

    /// <summary>How much room there is.</summary>
    public int Free
    {
        get
        {
            lock (_lock)
            {
                return _free.Count;
            }
        }
    }

    /// <summary>How many were taken and are not settled yet.</summary>
    public int InHand
    {
        get
        {
            lock (_lock)
            {
                return Math.Max(0, _slots.Length - _free.Count - Volatile.Read(ref _untaken));
            }
        }
    }

    public HeldDelivery Add(in Delivery delivery)
    {
        lock (_lock)
        {
            var held = new HeldDelivery(delivery, _free.Pop(), _received++);
            _slots[held.Slot] = held;
            Interlocked.Increment(ref _untaken);
            return held;
        }
    }

    public void Remove(HeldDelivery held) => RemoveAll(new ReadOnlySpan<HeldDelivery>(in held));

    public void RemoveAll(ReadOnlySpan<HeldDelivery> settled)
    {
        TaskCompletionSource? waiter;
        lock (_lock)
        {
            foreach (var held in settled)
            {
                if (_slots[held.Slot] == held)
                {
                    _slots[held.Slot] = null;
                    _free.Push(held.Slot);
                }
            }

            waiter = TakeWaiter();
        }

        foreach (var held in settled)
        {
            held.Gone();
        }

        waiter?.TrySetResult();
    }

    public void CopyTo(List<HeldDelivery> target)
    {
        lock (_lock)
        {
            foreach (var held in _slots)
            {
                if (held is not null)
                {
                    target.Add(held);
                }
            }
        }
    }

    /// <summary>A handler or a reader took one of the messages in here.</summary>
    public void Take()
    {
        // Of many that are taken only the last can be what somebody waits for.
        if (Interlocked.Decrement(ref _untaken) > 0)
        {
            return;
        }

        TaskCompletionSource? waiter;
        lock (_lock)
        {
            waiter = TakeWaiter();
        }

        waiter?.TrySetResult();
    }

    /// <summary>What was taken waits to be taken again.</summary>
    public void PutBack() => Interlocked.Increment(ref _untaken);

    /// <summary>Waits until there is room for so many; for one at least once nothing is left to take.</summary>
    /// <returns>How much room there is: one at least.</returns>
    public async ValueTask<int> WaitForRoomAsync(int wanted, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task waiting;
            lock (_lock)
            {
                if (_free.Count >= Least(wanted))
                {
                    return _free.Count;
                }

                _wanted = wanted;
                _waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                waiting = _waiter.Task;
            }

            await waiting.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private TaskCompletionSource? TakeWaiter()
    {
        if (_waiter is null || _free.Count < Least(_wanted))
        {
            return null;
        }

        var waiter = _waiter;
        _waiter = null;
        return waiter;
    }

    private int Least(int wanted) => Volatile.Read(ref _untaken) <= 0 ? 1 : wanted;
}
