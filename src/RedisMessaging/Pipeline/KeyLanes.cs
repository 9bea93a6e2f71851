namespace RedisMessaging.Pipeline;

/// <summary>One lane for each key that is being handled: what comes in behind waits for its turn. Messages without a key have no lane.</summary>
/// <param name="keepsFailed">A message that failed stays at the head of its lane until it is tried again, in this process.</param>
internal sealed class KeyLanes(bool keepsFailed)
{
    private readonly Lock _lock = new();

    /// <summary>The last message of each lane; the one whose turn it is leads to it by <see cref="HeldDelivery.NextOfKey"/>.</summary>
    private readonly Dictionary<string, HeldDelivery> _last = new(StringComparer.Ordinal);

    /// <summary>Whether a message that failed stays here, its key waiting.</summary>
    public bool Keeps(HeldDelivery held) => keepsFailed && held.Key is not null;

    /// <summary>Takes a message in, in the order of the calls.</summary>
    /// <returns>Whether it may be handled now; else <see cref="Leave"/> hands it out when it may.</returns>
    public bool TryEnter(HeldDelivery held)
    {
        held.Key = EnvelopeReader.ReadKey(held.Delivery.Frame);
        if (held.Key is not { } key)
        {
            return true;
        }

        lock (_lock)
        {
            if (_last.TryGetValue(key, out var last))
            {
                last.NextOfKey = held;
                _last[key] = held;
                return false;
            }

            _last.Add(key, held);
            return true;
        }
    }

    /// <summary>Its turn is over.</summary>
    /// <returns>The next one of its key, whose turn it is now.</returns>
    public HeldDelivery? Leave(HeldDelivery held)
    {
        if (held.Key is not { } key)
        {
            return null;
        }

        lock (_lock)
        {
            var next = held.NextOfKey;
            // Lost while it waited: somebody else has it.
            while (next is { IsOpen: false })
            {
                next = next.NextOfKey;
            }

            if (next is null)
            {
                _last.Remove(key);
            }

            held.NextOfKey = null;
            return next;
        }
    }
}
