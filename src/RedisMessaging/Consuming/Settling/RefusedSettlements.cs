using RedisMessaging.Background;
using RedisMessaging.Consuming.InFlight;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Consuming.Settling;

/// <summary>
/// Settlements that Redis refuses while it may carry out others: a right is missing, or a key holds something else. They are settled again
/// after pauses that grow up to a second, and delay no other settlement. Bounded by the prefetch, since their messages stay held, and
/// their leases are renewed. Used by one loop alone.
/// </summary>
internal sealed class RefusedSettlements(TimeProvider time)
{
    private readonly Backoff _backoff = new(time, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
    private List<PendingSettlement> _refused = [];

    public bool IsEmpty => _refused.Count == 0;

    /// <summary>Completes when they are to be settled again, or with the token.</summary>
    public Task Due { get; private set; } = Task.CompletedTask;

    /// <summary>Takes out those of a batch that are refused.</summary>
    /// <returns>How many of the batch are left: they stand first now.</returns>
    public int TakeOut(IReadOnlyList<Settlement> refused, InFlightMessage[] deliveries, Settlement[] settlements, int count)
    {
        var names = refused.Select(NameOf).ToHashSet();
        var left = 0;
        for (var i = 0; i < count; i++)
        {
            if (names.Contains(NameOf(settlements[i])))
            {
                deliveries[i].IsRefused = true;
                _refused.Add(new PendingSettlement(deliveries[i], settlements[i]));
            }
            else
            {
                (deliveries[left], settlements[left]) = (deliveries[i], settlements[i]);
                left++;
            }
        }

        return left;
    }

    /// <summary>Begins the next pause, unless one is under way.</summary>
    /// <returns>Whether it is the first one in a row.</returns>
    public bool Wait(CancellationToken cancellationToken)
    {
        var isFirst = _backoff.IsReset;
        if (Due.IsCompleted)
        {
            Due = _backoff.WaitAsync(cancellationToken);
        }

        return isFirst;
    }

    /// <summary>All of them, to be settled again.</summary>
    public List<PendingSettlement> TakeAll()
    {
        var all = _refused;
        _refused = [];
        return all;
    }

    /// <summary>None is refused any more.</summary>
    /// <returns>Whether some were.</returns>
    public bool Reset()
    {
        var were = !_backoff.IsReset;
        _backoff.Reset();
        return were;
    }

    private static (string Channel, byte Source, RedisValue Receipt) NameOf(Settlement settlement) =>
        (settlement.Delivery.Channel, settlement.Delivery.Source, settlement.Delivery.Receipt);
}
