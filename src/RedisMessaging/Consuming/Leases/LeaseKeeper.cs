using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Consuming.InFlight;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming.Leases;

/// <summary>Renews the leases of everything held, in batches, at a third of the lease: two renewals may fail before one is lost. And tells of a message whether it is still this consumer's.</summary>
/// <param name="renewals">Calls for it, on a thread of its own.</param>
/// <param name="time">The clock of leases.</param>
internal sealed class LeaseKeeper(ConsumerPump pump, IReceiver receiver, InFlightMessages held, TimeSpan lease, LeaseRenewals renewals, ConsumerIdentity identity, TimeProvider time, ILogger logger, Instruments instruments)
    : ILeaseHolder, IAsyncDisposable
{
    private const int MaxBatch = 100;

    // Used by the thread for renewals alone.
    private readonly List<InFlightMessage> _all = [];

    public TimeSpan RenewalInterval { get; } = lease / 3;

    public void Start() => renewals.Add(this);

    /// <summary>Renews one message's lease, and for one that a reader took also how long it is kept without a word from the reader.</summary>
    public async Task<bool> ExtendAsync(InFlightMessage delivery)
    {
        if (delivery.RenewUntil != 0)
        {
            delivery.RenewUntil = Deadline();
        }

        if (await receiver.SettleAsync(new[] { Extend(delivery) }, CancellationToken.None).ConfigureAwait(false) == 1)
        {
            return true;
        }

        if (delivery.IsOpen)
        {
            pump.Lose(delivery);
        }

        return false;
    }

    /// <summary>
    /// Whether a message may be started: it is still this consumer's. Where its lease may have run out, because the process was frozen or Redis was away, Redis is asked, until it answers.
    /// </summary>
    public ValueTask<bool> IsOursAsync(InFlightMessage delivery, CancellationToken cancellationToken) =>
        receiver.IsFresh(delivery.Delivery) ? new ValueTask<bool>(delivery.IsOpen) : new ValueTask<bool>(AskAsync(delivery, cancellationToken));

    /// <summary>Until when a message handed to a reader is renewed, unless the reader says something.</summary>
    public long Deadline() => time.GetTimestamp() + (long)(lease.TotalSeconds * time.TimestampFrequency);

    public bool Renew(ILeaseConnection connection)
    {
        _all.Clear();
        held.CopyTo(_all);
        ExpireAbandoned(_all);
        // What is on its way to be settled keeps its lease until it is: that may take a while when Redis is away, or the pool is busy.
        var isDone = true;
        foreach (var chunk in _all.Where(delivery => !delivery.IsLost).Chunk(MaxBatch))
        {
            isDone &= Renew(connection, chunk);
        }

        _all.Clear();
        return isDone;
    }

    public async ValueTask DisposeAsync() => await renewals.RemoveAsync(this).ConfigureAwait(false);

    private static Settlement Extend(InFlightMessage delivery) => new(delivery.Delivery, SettlementKind.Extend, delivery.Starts);

    private async Task<bool> AskAsync(InFlightMessage delivery, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(time, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
        while (delivery.IsOpen)
        {
            try
            {
                if (await ExtendAsync(delivery).WaitAsync(cancellationToken).ConfigureAwait(false))
                {
                    return delivery.IsOpen;
                }

                Log.NotStartedLost(logger, identity.Topic, identity.Group, 1);
                return false;
            }
            catch (Exception error) when (!cancellationToken.IsCancellationRequested)
            {
                Log.RenewFailed(logger, identity.Topic, identity.Group, 1, error);
                await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        return false;
    }

    /// <summary>What a reader took and then said nothing of for a lease goes back to be delivered again.</summary>
    private void ExpireAbandoned(List<InFlightMessage> all)
    {
        var now = time.GetTimestamp();
        foreach (var delivery in all)
        {
            if (delivery.RenewUntil != 0 && delivery.RenewUntil <= now && delivery.IsOpen)
            {
                instruments.LeasesLost.Add(1, Instruments.Consumer(identity.Topic, identity.Group));
                Log.LeaseRanOut(logger, DeliveryName.Of(delivery.Delivery), identity.Topic, identity.Group, lease.TotalSeconds);
                pump.Settle(delivery, SettlementKind.Retry);
            }
        }
    }

    private bool Renew(ILeaseConnection connection, InFlightMessage[] chunk)
    {
        try
        {
            if (receiver.Renew(connection, Array.ConvertAll(chunk, Extend)) == chunk.Length)
            {
                return true;
            }

            // Some were settled meanwhile, or lost: ask of each.
            foreach (var delivery in chunk)
            {
                if (delivery.IsOpen && receiver.Renew(connection, new[] { Extend(delivery) }) == 0 && delivery.IsOpen)
                {
                    pump.Lose(delivery);
                }
            }

            return true;
        }
        catch (Exception error)
        {
            // Whatever it was: a keeper that died would let every lease run out.
            Log.RenewFailed(logger, identity.Topic, identity.Group, chunk.Length, error);
            return false;
        }
    }
}
