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

    public HeldDelivery Add(in Delivery delivery)
    {
        lock (_lock)
        {
            var held = new HeldDelivery(delivery, _free.Pop());
            _slots[held.Slot] = held;
            return held;
        }
    }

    public void Remove(HeldDelivery held)
    {
        TaskCompletionSource? waiter = null;
        lock (_lock)
        {
            if (_slots[held.Slot] != held)
            {
                return;
            }

            _slots[held.Slot] = null;
            _free.Push(held.Slot);
            if (_waiter is not null && _free.Count >= _wanted)
            {
                (waiter, _waiter) = (_waiter, null);
            }
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

    /// <summary>Waits until there is room for so many, or until <see cref="Wake"/> finds room for one at least.</summary>
    /// <returns>How much room there is: one at least.</returns>
    public async ValueTask<int> WaitForRoomAsync(int wanted, CancellationToken cancellationToken)
    {
        var least = wanted;
        while (true)
        {
            Task waiting;
            lock (_lock)
            {
                if (_free.Count >= least)
                {
                    return _free.Count;
                }

                _wanted = least;
                _waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                waiting = _waiter.Task;
            }

            await waiting.WaitAsync(cancellationToken).ConfigureAwait(false);
            // Woken early because nothing is left to hand out: any room will do.
            least = 1;
        }
    }

    /// <summary>Nothing is left to hand out: a waiter takes whatever room there is.</summary>
    public void Wake()
    {
        TaskCompletionSource? waiter = null;
        lock (_lock)
        {
            _wanted = 1;
            if (_waiter is not null && _free.Count >= 1)
            {
                (waiter, _waiter) = (_waiter, null);
            }
        }

        waiter?.TrySetResult();
    }
}
