using RedisMessaging.Consuming.Leases;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Topics.Families;

/// <summary>
/// Settles and renews what was handed out, each message by the receiver of its member. A fault of one member delays no other.
/// </summary>
internal sealed class FamilySettler(FamilyFeeds feeds)
{
    public ValueTask<int> SettleAsync(ReadOnlyMemory<Settlement> batch, CancellationToken cancellationToken)
    {
        if (batch.IsEmpty)
        {
            return ValueTask.FromResult(0);
        }

        var member = batch.Span[0].Delivery.Channel;
        foreach (ref readonly var settlement in batch.Span[1..])
        {
            if (settlement.Delivery.Channel != member)
            {
                return SettleEachAsync(batch, cancellationToken);
            }
        }

        return SettleAsync(feeds[member], batch, cancellationToken);
    }

    /// <summary>Settles messages of one member.</summary>
    public static async ValueTask<int> SettleAsync(MemberFeed feed, ReadOnlyMemory<Settlement> batch, CancellationToken cancellationToken)
    {
        try
        {
            return await feed.Receiver!.SettleAsync(batch, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (MemberFeed.IsOwnFault(error))
        {
            // Sent again as a whole, it would delay the settlements of the other members.
            feed.NoteFault(error);
            throw error as SettleRefusedException ?? new SettleRefusedException(batch.ToArray(), 0, error);
        }
    }

    public int Renew(ILeaseConnection connection, ReadOnlyMemory<Settlement> batch)
    {
        var owned = 0;
        foreach (var some in batch.ToArray().GroupBy(settlement => settlement.Delivery.Channel, StringComparer.Ordinal))
        {
            var feed = feeds[some.Key];
            try
            {
                owned += feed.Receiver!.Renew(connection, some.ToArray());
            }
            catch (Exception error) when (MemberFeed.IsOwnFault(error))
            {
                feed.NoteFault(error);
            }
        }

        return owned;
    }

    public bool IsFresh(in Delivery delivery) => feeds[delivery.Channel].Receiver!.IsFresh(delivery);

    private async ValueTask<int> SettleEachAsync(ReadOnlyMemory<Settlement> batch, CancellationToken cancellationToken)
    {
        var byMember = batch.ToArray().GroupBy(settlement => settlement.Delivery.Channel, StringComparer.Ordinal);
        var settling = byMember.Select(some => SettleAsync(feeds[some.Key], some.ToArray(), cancellationToken).AsTask()).ToArray();
        await ((Task)Task.WhenAll(settling)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var owned = 0;
        var refused = new List<Settlement>();
        Exception? refusal = null;
        foreach (var one in settling)
        {
            try
            {
                owned += await one.ConfigureAwait(false);
            }
            catch (SettleRefusedException some)
            {
                owned += some.Owned;
                refused.AddRange(some.Refused);
                refusal ??= some.InnerException;
            }
        }

        return refusal is null ? owned : throw new SettleRefusedException([.. refused], owned, refusal);
    }
}
