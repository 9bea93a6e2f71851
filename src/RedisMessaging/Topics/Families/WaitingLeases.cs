using RedisMessaging.Consuming;
using RedisMessaging.Consuming.Leases;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Topics.Families;

/// <summary>
/// Renews the leases of what the members have read and no handler has taken. The consumer's own <see cref="LeaseKeeper"/> renews what was
/// taken.
/// </summary>
internal sealed class WaitingLeases(
    FamilyFeeds feeds,
    FairQueue queue,
    TimeSpan lease,
    ConsumerIdentity identity,
    BusServices bus) : ILeaseHolder
{
    private const int MaxBatch = 100;

    public TimeSpan RenewalInterval => lease / 3;

    public bool Renew(ILeaseConnection connection)
    {
        var isDone = true;
        foreach (var feed in feeds.All)
        {
            isDone &= Renew(connection, feed);
        }

        return isDone;
    }

    private bool Renew(ILeaseConnection connection, MemberFeed feed)
    {
        var waiting = queue.SettlementsOf(feed, SettlementKind.Extend);
        try
        {
            foreach (var some in waiting.Chunk(MaxBatch))
            {
                if (feed.Receiver!.Renew(connection, some) < some.Length)
                {
                    DropLost(connection, feed, some);
                }
            }

            return true;
        }
        catch (Exception error)
        {
            // Whatever it was: without further renewals all leases would run out.
            Log.RenewFailed(bus.Logger, identity.Topic, identity.Group, waiting.Length, error);
            return false;
        }
    }

    /// <summary>Another consumer has some of them by now, or gets them.</summary>
    private void DropLost(ILeaseConnection connection, MemberFeed feed, Settlement[] waiting)
    {
        var lost = new HashSet<Delivery>();
        foreach (var settlement in waiting)
        {
            if (feed.Receiver!.Renew(connection, new[] { settlement }) == 0)
            {
                lost.Add(settlement.Delivery);
            }
        }

        var dropped = queue.Drop(feed, lost);
        if (dropped > 0)
        {
            bus.Instruments.LeasesLost.Add(dropped, Instruments.Consumer(identity.Topic, identity.Group));
            Log.LeaseLost(bus.Logger, identity.Topic, identity.Group, dropped);
        }
    }
}
