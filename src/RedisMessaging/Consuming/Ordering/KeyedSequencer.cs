using RedisMessaging.Consuming.InFlight;
using RedisMessaging.Serialization.Envelope;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming.Ordering;

/// <summary>
/// Lets the messages of one key be handled one after another: each waits for the one before. Messages without a key wait for none.
/// </summary>
/// <param name="keepsFailed">A message that failed stays at the head of its key until it is tried again, in this process.</param>
internal sealed class KeyedSequencer(bool keepsFailed)
{
    private readonly Lock _lock = new();

    /// <summary>The last message of each key; the one whose turn it is leads to it by <see cref="KeyedSlot.Next"/>.</summary>
    private readonly Dictionary<string, KeyedSlot> _last = new(StringComparer.Ordinal);

    /// <summary>Where a message that failed is to be tried again in its turn: keeps it there.</summary>
    public bool TryKeep(InFlightMessage held, TimeSpan delay)
    {
        if (!keepsFailed || held.Turn is null)
        {
            return false;
        }

        held.Turn.RetryIn = delay;
        return true;
    }

    /// <summary>Takes a message in, in the order of the calls.</summary>
    /// <returns>Whether it is its turn now; else <see cref="Leave"/> says when it is.</returns>
    public bool TryEnter(InFlightMessage held)
    {
        if (EnvelopeReader.ReadKey(held.Delivery.Frame) is not { } key)
        {
            return true;
        }

        var turn = held.Turn = new KeyedSlot(key);
        lock (_lock)
        {
            if (_last.TryGetValue(key, out var last))
            {
                last.Next = held;
                _last[key] = turn;
                return false;
            }

            _last.Add(key, turn);
            return true;
        }
    }

    /// <summary>Takes out a message that no handler has begun with, so that none begins with it here.</summary>
    /// <returns>What waited behind it, to be taken out as well.</returns>
    public InFlightMessage? TakeOut(InFlightMessage held) => held.Turn is { } turn ? Leave(turn) : null;

    /// <summary>A turn is over.</summary>
    /// <returns>The next message of its key, whose turn it is now.</returns>
    public InFlightMessage? Leave(KeyedSlot turn)
    {
        lock (_lock)
        {
            var next = turn.Next;
            turn.Next = null;
            // Lost while it waited: another consumer has it.
            while (next is { IsOpen: false })
            {
                next = next.Turn!.Next;
            }

            if (next is null)
            {
                _last.Remove(turn.Key);
            }

            return next;
        }
    }
}
