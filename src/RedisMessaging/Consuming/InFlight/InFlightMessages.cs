using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming.InFlight;

/// <summary>
/// The messages of a consumer that were received and are not settled yet: at most its prefetch, in messages and in bytes. Tells how much
/// room is left, and wakes the loop that waits for some. Beside redelivered messages there is a reserve of a quarter more, so that new
/// messages find room.
/// </summary>
internal sealed class InFlightMessages
{
    private readonly Lock _lock = new();
    private readonly MessageSlots _slots = new();
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
    public InFlightMessages(int capacity, long byteCapacity = long.MaxValue) => SetLimits(capacity, byteCapacity);

    /// <summary>How many it holds, without the reserve. Messages beyond a smaller capacity stay until they are settled.</summary>
    public int Capacity
    {
        get => Volatile.Read(ref _capacity);
        set => Use(value, null);
    }

    /// <summary>How many bytes it holds; a single message may be larger.</summary>
    public long ByteCapacity
    {
        set => Use(null, value);
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

    /// <summary>How many more bytes may be held: at least one, for a message of any size, while nothing is in flight.</summary>
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

    /// <summary>
    /// Room for new messages: the reserve, while it may be used, and what else is free. Without redelivered messages there is no reserve.
    /// </summary>
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

    private int CountNow => _slots.Count;

    private int FreeNow => Math.Max(0, _capacity - CountNow);

    private int FreeWithReserve => _redelivered > 0 ? Math.Max(0, _capacity + _reserve - CountNow) : FreeNow;

    private long FreeBytesNow => _bytes == 0 ? _byteCapacity : _byteCapacity - _bytes;

    public InFlightMessage Add(in Delivery delivery)
    {
        lock (_lock)
        {
            _bytes += delivery.Frame.Length;
            var message = new InFlightMessage(delivery, _slots.Reserve(), _received++);
            _slots.Add(message);
            _redelivered += delivery.Redelivered ? 1 : 0;
            Interlocked.Increment(ref _untaken);
            return message;
        }
    }

    public void Remove(InFlightMessage message) => RemoveAll(new ReadOnlySpan<InFlightMessage>(in message));

    public void RemoveAll(ReadOnlySpan<InFlightMessage> settled)
    {
        lock (_lock)
        {
            foreach (var message in settled)
            {
                if (_slots.TryRemove(message))
                {
                    _bytes -= message.Delivery.Frame.Length;
                    _redelivered -= message.Delivery.Redelivered ? 1 : 0;
                }
            }
        }

        foreach (var message in settled)
        {
            message.Gone();
        }

        Wake();
    }

    public void CopyTo(List<InFlightMessage> target)
    {
        lock (_lock)
        {
            _slots.CopyTo(target);
        }
    }

    /// <summary>A handler or a reader took one of the messages in here.</summary>
    public void Take()
    {
        // The loop waits for the last one to be taken, if at all.
        if (Interlocked.Decrement(ref _untaken) <= 0)
        {
            Wake();
        }
    }

    /// <summary>A message that was taken waits to be taken again.</summary>
    public void PutBack() => Interlocked.Increment(ref _untaken);

    /// <summary>
    /// Waits until there is room for so many, and for half of the bytes; once nothing is left to take, room for one is enough. One caller
    /// at a time.
    /// </summary>
    /// <param name="reserveWillDo">Half of the reserve is enough, while it may be used.</param>
    /// <returns>How much room there is: at least one message and one byte.</returns>
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

    private void Use(int? capacity, long? byteCapacity)
    {
        lock (_lock)
        {
            SetLimits(capacity ?? _capacity, byteCapacity ?? _byteCapacity);
        }

        Wake();
    }

    private void SetLimits(int capacity, long byteCapacity)
    {
        _byteCapacity = byteCapacity;
        _capacity = capacity;
        _reserve = Math.Max(1, capacity / 4);
        _slots.EnsureCapacity(capacity + _reserve);
    }

    private void Wake()
    {
        TaskCompletionSource? waiter;
        lock (_lock)
        {
            waiter = TakeWaiter();
        }

        waiter?.TrySetResult();
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
        var (min, minBytes) = Volatile.Read(ref _untaken) <= 0 ? (1, 1) : (wanted, (_byteCapacity / 2) + 1);
        return FreeNow >= min && FreeBytesNow >= Math.Min(minBytes, _byteCapacity);
    }

    private bool HasReserve => FreeWithReserve >= Math.Max(1, _reserve / 2) && FreeWithReserve > FreeNow && FreeBytesNow > 0;
}
