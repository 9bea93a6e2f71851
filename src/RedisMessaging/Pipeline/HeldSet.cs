using RedisMessaging.Transports;

namespace RedisMessaging.Pipeline;

/// <summary>What a consumer holds, at most its prefetch, in messages and in bytes. Tells how much room there is and wakes those that wait for some.</summary>
internal sealed class HeldSet
{
    private readonly Lock _lock = new();
    private readonly HeldDelivery?[] _slots;
    private readonly Stack<int> _free;
    private readonly long _byteCapacity;
    private TaskCompletionSource? _waiter;
    private int _wanted;
    private int _untaken;
    private long _received;
    private long _bytes;

    /// <param name="byteCapacity">A single message may be larger.</param>
    public HeldSet(int capacity, long byteCapacity = long.MaxValue)
    {
        _byteCapacity = byteCapacity;
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

    /// <summary>How many more bytes may be held: one at least, for a message of any size, while there is nothing.</summary>
    public long FreeBytes
    {
        get
        {
            lock (_lock)
            {
                return FreeBytesNow;
            }
        }
    }

    private long FreeBytesNow => _bytes == 0 ? _byteCapacity : _byteCapacity - _bytes;

    public HeldDelivery Add(in Delivery delivery)
    {
        lock (_lock)
        {
            _bytes += delivery.Frame.Length;
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
                    _bytes -= held.Delivery.Frame.Length;
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

    /// <summary>Waits until there is room for so many, and for half of the bytes; for one at least once nothing is left to take.</summary>
    /// <returns>How much room there is: one message and one byte at least.</returns>
    public async ValueTask<(int Messages, long Bytes)> WaitForRoomAsync(int wanted, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task waiting;
            lock (_lock)
            {
                if (HasRoom(wanted))
                {
                    return (_free.Count, FreeBytesNow);
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
        if (_waiter is null || !HasRoom(_wanted))
        {
            return null;
        }

        var waiter = _waiter;
        _waiter = null;
        return waiter;
    }

    private bool HasRoom(int wanted)
    {
        var (least, leastBytes) = Volatile.Read(ref _untaken) <= 0 ? (1, 1) : (wanted, (_byteCapacity / 2) + 1);
        return _free.Count >= least && FreeBytesNow >= Math.Min(leastBytes, _byteCapacity);
    }
}
