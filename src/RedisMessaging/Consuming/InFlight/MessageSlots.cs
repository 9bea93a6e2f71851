namespace RedisMessaging.Consuming.InFlight;

/// <summary>
/// Holds messages in numbered slots that are used again, so that adding and removing one takes no search. Not thread-safe.
/// </summary>
internal sealed class MessageSlots
{
    private readonly Stack<int> _free = new();
    private InFlightMessage?[] _slots = [];

    /// <summary>How many messages there are.</summary>
    public int Count => _slots.Length - _free.Count;

    /// <summary>Makes room for so many in all.</summary>
    public void EnsureCapacity(int slots)
    {
        var before = _slots.Length;
        if (slots <= before)
        {
            return;
        }

        Array.Resize(ref _slots, slots);
        _free.EnsureCapacity(_free.Count + slots - before);
        for (var slot = slots - 1; slot >= before; slot--)
        {
            _free.Push(slot);
        }
    }

    /// <summary>Reserves the slot of the next message.</summary>
    public int Reserve() => _free.Pop();

    /// <summary>Adds a message in the slot it was made for.</summary>
    public void Add(InFlightMessage message) => _slots[message.Slot] = message;

    /// <returns>False when it was removed before.</returns>
    public bool TryRemove(InFlightMessage message)
    {
        if (_slots[message.Slot] != message)
        {
            return false;
        }

        _slots[message.Slot] = null;
        _free.Push(message.Slot);
        return true;
    }

    public void CopyTo(List<InFlightMessage> target)
    {
        foreach (var message in _slots)
        {
            if (message is not null)
            {
                target.Add(message);
            }
        }
    }
}
