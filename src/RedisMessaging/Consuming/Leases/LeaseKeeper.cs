using RedisMessaging.Background;
using RedisMessaging.Consuming.InFlight;
using RedisMessaging.Consuming.Settling;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming.Leases;

/// <summary>
/// Renews the leases of one consumer's messages, in batches, at a third of the lease: two renewals may fail before one is lost. It also
/// tells whether a message is still this consumer's.
/// </summary>
internal sealed class LeaseKeeper(
    IReceiver receiver,
    InFlightMessages inFlight,
    MessageSettler settler,
    TimeSpan lease,
    ConsumerIdentity identity,
    BusServices bus) : ILeaseHolder
{
    private const int MaxBatch = 100;

    // Used by the thread for renewals alone.
    private readonly List<InFlightMessage> _all = [];

    public TimeSpan RenewalInterval { get; } = lease / 3;

    /// <summary>
    /// Renews one message's lease. For one that a reader took it also starts the time again that the reader has without another call.
    /// </summary>
    public async Task<bool> ExtendAsync(InFlightMessage message)
    {
        if (message.RenewUntil != 0)
        {
            message.RenewUntil = Deadline();
        }

        if (await receiver.SettleAsync(new[] { Extend(message) }, CancellationToken.None).ConfigureAwait(false) == 1)
        {
            return true;
        }

        if (message.IsOpen)
        {
            settler.Lose(message);
        }

        return false;
    }

    /// <summary>
    /// Whether a message is still this consumer's, so that it may be started. Where its lease may have run out, because the process was
    /// frozen or Redis was away, Redis is asked until it answers.
    /// </summary>
    public ValueTask<bool> IsOursAsync(InFlightMessage message, CancellationToken cancellationToken) => receiver.IsFresh(message.Delivery)
        ? new ValueTask<bool>(message.IsOpen)
        : new ValueTask<bool>(AskAsync(message, cancellationToken));

    /// <summary>Until when a message handed to a reader is renewed, unless the reader extends it.</summary>
    public long Deadline() => bus.Time.GetTimestamp() + (long)(lease.TotalSeconds * bus.Time.TimestampFrequency);

    public bool Renew(ILeaseConnection connection)
    {
        _all.Clear();
        inFlight.CopyTo(_all);
        ExpireAbandoned(_all);
        // A message keeps its lease until its settlement is carried out: that may take a while when Redis is away, or the pool is busy.
        var isDone = true;
        foreach (var chunk in _all.Where(message => !message.IsLost).Chunk(MaxBatch))
        {
            isDone &= Renew(connection, chunk);
        }

        _all.Clear();
        return isDone;
    }

    private static Settlement Extend(InFlightMessage message) => new(message.Delivery, SettlementKind.Extend, message.Starts);

    private async Task<bool> AskAsync(InFlightMessage message, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(bus.Time, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
        while (message.IsOpen)
        {
            try
            {
                if (await ExtendAsync(message).WaitAsync(cancellationToken).ConfigureAwait(false))
                {
                    return message.IsOpen;
                }

                Log.NotStartedLost(bus.Logger, identity.Topic, identity.Group, 1);
                return false;
            }
            catch (Exception error) when (!cancellationToken.IsCancellationRequested)
            {
                Log.RenewFailed(bus.Logger, identity.Topic, identity.Group, 1, error);
                await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        return false;
    }

    /// <summary>A message that a reader neither settled nor extended for one lease goes back to be delivered again.</summary>
    private void ExpireAbandoned(List<InFlightMessage> all)
    {
        var now = bus.Time.GetTimestamp();
        foreach (var message in all)
        {
            if (message.RenewUntil != 0 && message.RenewUntil <= now && message.IsOpen)
            {
                bus.Instruments.LeasesLost.Add(1, Instruments.Consumer(identity.Topic, identity.Group));
                Log.LeaseRanOut(bus.Logger, DeliveryName.Of(message.Delivery), identity.Topic, identity.Group, lease.TotalSeconds);
                settler.Settle(message, SettlementKind.Retry);
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
            foreach (var message in chunk)
            {
                if (message.IsOpen && receiver.Renew(connection, new[] { Extend(message) }) == 0 && message.IsOpen)
                {
                    settler.Lose(message);
                }
            }

            return true;
        }
        catch (Exception error)
        {
            // Whatever it was: a keeper that died would let every lease run out.
            Log.RenewFailed(bus.Logger, identity.Topic, identity.Group, chunk.Length, error);
            return false;
        }
    }
}
