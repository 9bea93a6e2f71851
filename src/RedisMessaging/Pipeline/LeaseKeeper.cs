using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Connections;
using RedisMessaging.Diagnostics;
using RedisMessaging.Transports;

namespace RedisMessaging.Pipeline;

/// <summary>Renews the leases of everything held, in batches, at a third of the lease: two renewals may fail before one is lost.</summary>
internal sealed class LeaseKeeper(ConsumerPump pump, IReceiver receiver, HeldSet held, TimeSpan lease, ConsumerIdentity identity, TimeProvider time, ILogger logger, Instruments instruments) : IAsyncDisposable
{
    private const int MaxBatch = 100;

    private readonly PeriodicTimer _timer = new(lease / 3, time);
    private Task _running = Task.CompletedTask;
    private volatile bool _isStopped;

    public void Start() => _running = BackgroundLoop.StartLasting(nameof(LeaseKeeper), logger, RunAsync, () => _isStopped);

    /// <summary>Renews one message's lease, and for one that a reader took also how long it is kept without a word from the reader.</summary>
    public async Task<bool> ExtendAsync(HeldDelivery delivery)
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

    /// <summary>Until when a message handed to a reader is renewed, unless the reader says something.</summary>
    public long Deadline() => time.GetTimestamp() + (long)(lease.TotalSeconds * time.TimestampFrequency);

    public async ValueTask DisposeAsync()
    {
        _isStopped = true;
        _timer.Dispose();
        await _running.ConfigureAwait(false);
    }

    private static Settlement Extend(HeldDelivery delivery) => new(delivery.Delivery, Verdict.Extend, delivery.Starts);

    private async Task RunAsync()
    {
        var all = new List<HeldDelivery>();
        while (await _timer.WaitForNextTickAsync(CancellationToken.None).ConfigureAwait(false))
        {
            all.Clear();
            held.CopyTo(all);
            ExpireAbandoned(all);
            foreach (var chunk in all.Where(delivery => delivery.NeedsLease).Chunk(MaxBatch))
            {
                await RenewAsync(chunk).ConfigureAwait(false);
            }
        }
    }

    /// <summary>What a reader took and then said nothing of for a lease goes back to be delivered again.</summary>
    private void ExpireAbandoned(List<HeldDelivery> all)
    {
        var now = time.GetTimestamp();
        foreach (var delivery in all)
        {
            if (delivery.RenewUntil != 0 && delivery.RenewUntil <= now && delivery.IsOpen)
            {
                instruments.LeasesLost.Add(1, Instruments.Consumer(identity.Topic, identity.Group));
                Log.LeaseRanOut(logger, DeliveryName.Of(delivery.Delivery), identity.Topic, identity.Group, lease.TotalSeconds);
                pump.Settle(delivery, Verdict.Retry);
            }
        }
    }

    private async Task RenewAsync(HeldDelivery[] chunk)
    {
        try
        {
            var owned = await receiver.SettleAsync(Array.ConvertAll(chunk, Extend), CancellationToken.None).ConfigureAwait(false);
            if (owned == chunk.Length)
            {
                return;
            }

            // Some were settled meanwhile, or lost: ask of each.
            foreach (var delivery in chunk)
            {
                if (delivery.IsOpen && await receiver.SettleAsync(new[] { Extend(delivery) }, CancellationToken.None).ConfigureAwait(false) == 0 && delivery.IsOpen)
                {
                    pump.Lose(delivery);
                }
            }
        }
        catch (Exception error)
        {
            // Whatever it was: a keeper that died would let every lease run out.
            Log.RenewFailed(logger, identity.Topic, identity.Group, chunk.Length, error);
        }
    }
}
