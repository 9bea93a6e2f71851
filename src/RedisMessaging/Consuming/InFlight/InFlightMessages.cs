using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming.InFlight;

/// <summary>
/// What a consumer holds, at most its prefetch, in messages and in bytes. Tells how much room there is and wakes those that wait for some. Beside messages that were redelivered there is a
/// reserve of a quarter more, so that what is new finds room.
/// </summary>
internal sealed class InFlightMessages
{
    private readonly Lock _lock = new();
    private readonly Stack<int> _free = new();
    private InFlightMessage?[] _slots = [];
    private int _capacity;
    private int _reserve;
    private long _byteCapacity;
    private TaskCompletionSource? _waiter;
    private int _wanted;
    private bool _reserveWillDo;
    private int _redelivered;
    private int _untaken;
    private long _received;
    private long _bytes;

    /// <param name="byteCapacity">A single message may be larger.</param>
    public InFlightMessages(int capacity, long byteCapacity = long.MaxValue)
    {
        _byteCapacity = byteCapacity;
        SetCapacity(capacity);
    }

    /// <summary>How many it holds, without the reserve. What is held beyond a smaller one stays until it is settled.</summary>
    public int Capacity
    {
        get => Volatile.Read(ref _capacity);
        set
        {
            TaskCompletionSource? waiter;
            lock (_lock)
            {
                SetCapacity(value);
                waiter = TakeWaiter();
            }

            waiter?.TrySetResult();
        }
    }

    /// <summary>How many bytes it holds; a single message may be larger.</summary>
    public long ByteCapacity
    {
        set
        {
            TaskCompletionSource? waiter;
            lock (_lock)
            {
                _byteCapacity = value;
                waiter = TakeWaiter();
            }

            waiter?.TrySetResult();
        }
    }

    /// <summary>How much room there is, without the reserve.</summary>
    public int Free
    {
        get
        {
            lock (_lock)
            {
                return FreeNow;
            }
        }
    }

    /// <summary>How many it holds now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return CountNow;
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
                return Math.Max(0, CountNow - Volatile.Read(ref _untaken));
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

    /// <summary>How much room there is for what is new: the reserve, while it may be used, and what else is free. Nothing where the last redelivered message has gone.</summary>
    public (int Messages, long Bytes) Reserve
    {
        get
        {
            lock (_lock)
            {
                return (FreeWithReserve, FreeBytesNow);
            }
        }
    }

    private int CountNow => _slots.Length - _free.Count;

    private int FreeNow => Math.Max(0, _capacity - CountNow);

    private int FreeWithReserve => _redelivered > 0 ? Math.Max(0, _capacity + _reserve - CountNow) : FreeNow;

    private long FreeBytesNow => _bytes == 0 ? _byteCapacity : _byteCapacity - _bytes;

    public InFlightMessage Add(in Delivery delivery)
    {
        lock (_lock)
        {
            _bytes += delivery.Frame.Length;
            var held = new InFlightMessage(delivery, _free.Pop(), _received++);
            _slots[held.Slot] = held;
            _redelivered += delivery.Redelivered ? 1 : 0;
            Interlocked.Increment(ref _untaken);
            return held;
        }
    }

    public void Remove(InFlightMessage held) => RemoveAll(new ReadOnlySpan<InFlightMessage>(in held));

    public void RemoveAll(ReadOnlySpan<InFlightMessage> settled)
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
                    _redelivered -= held.Delivery.Redelivered ? 1 : 0;
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

    public void CopyTo(List<InFlightMessage> target)
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

    /// <summary>Waits until there is room for so many, and for half of the bytes; for one at least once nothing is left to take. One caller at a time.</summary>
    /// <param name="reserveWillDo">Half of the reserve is enough, while it may be used.</param>
    /// <returns>How much room there is: one message and one byte at least.</returns>
    public async ValueTask<FreeRoom> WaitForRoomAsync(int wanted, bool reserveWillDo, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task waiting;
            lock (_lock)
            {
                if (HasRoom(wanted))
                {
                    return new FreeRoom(FreeNow, FreeBytesNow, IsReserve: false);
                }

                if (reserveWillDo && HasReserve)
                {
                    return new FreeRoom(FreeWithReserve, FreeBytesNow, IsReserve: true);
                }

                _wanted = wanted;
                _reserveWillDo = reserveWillDo;
                _waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                waiting = _waiter.Task;
            }

            await waiting.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private void SetCapacity(int capacity)
    {
        _capacity = capacity;
        _reserve = Math.Max(1, capacity / 4);
        var before = _slots.Length;
        var slots = capacity + _reserve;
        if (slots > before)
        {
            Array.Resize(ref _slots, slots);
            _free.EnsureCapacity(_free.Count + slots - before);
            for (var slot = slots - 1; slot >= before; slot--)
            {
                _free.Push(slot);
            }
        }
    }

    private TaskCompletionSource? TakeWaiter()
    {
        if (_waiter is null || !(HasRoom(_wanted) || (_reserveWillDo && HasReserve)))
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
        return FreeNow >= least && FreeBytesNow >= Math.Min(leastBytes, _byteCapacity);
    }

    private bool HasReserve => FreeWithReserve >= Math.Max(1, _reserve / 2) && FreeWithReserve > FreeNow && FreeBytesNow > 0;
}
