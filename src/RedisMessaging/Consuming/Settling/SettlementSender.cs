using RedisMessaging.Background;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming.Settling;

/// <summary>
/// Sends a batch of settlements until Redis answers, however long that takes. Settling twice does no harm, so a batch with an unknown
/// outcome is sent again.
/// </summary>
/// <param name="giveUp">Cancelled when the consumer closes and Redis had its time: one last try is made then.</param>
internal sealed class SettlementSender(IReceiver receiver, ConsumerIdentity identity, BusServices bus, CancellationToken giveUp)
{
    private static readonly TimeSpan MinPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(1);

    /// <summary>Sends until Redis refuses nothing of it: for callers that wait for the answer.</summary>
    /// <returns>How many of the messages were still this consumer's.</returns>
    public async Task<int> SendUntilAcceptedAsync(ReadOnlyMemory<Settlement> batch)
    {
        var owned = 0;
        var backoff = new Backoff(bus.Time, MinPause, MaxPause);
        while (true)
        {
            var answer = await SendUntilKnownAsync(batch).ConfigureAwait(false);
            owned += answer.Owned;
            if (answer.Error is null)
            {
                return owned;
            }

            batch = answer.Refused;
            if (giveUp.IsCancellationRequested)
            {
                Log.SettleGivenUp(bus.Logger, identity.Topic, identity.Group, batch.Length, answer.Error);
                return owned;
            }

            if (backoff.IsReset)
            {
                Log.SettlementsRefused(bus.Logger, identity.Topic, identity.Group, batch.Length, answer.Error);
            }

            await backoff.WaitAsync(giveUp).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Sends until the outcome of each settlement is known.</summary>
    /// <returns>How many were still this consumer's, and which ones Redis refuses.</returns>
    public async Task<(int Owned, Settlement[] Refused, Exception? Error)> SendUntilKnownAsync(ReadOnlyMemory<Settlement> batch)
    {
        var backoff = new Backoff(bus.Time, MinPause, MaxPause);
        while (true)
        {
            try
            {
                var owned = await receiver.SettleAsync(batch, giveUp).ConfigureAwait(false);
                // After an unknown outcome the first try may have settled some: they are not ours any more, but not lost either.
                if (owned < batch.Length && backoff.IsReset)
                {
                    bus.Instruments.LeasesLost.Add(batch.Length - owned, Instruments.Consumer(identity.Topic, identity.Group));
                    Log.LeaseLost(bus.Logger, identity.Topic, identity.Group, batch.Length - owned);
                }

                return (backoff.IsReset ? owned : batch.Length, [], null);
            }
            catch (SettleRefusedException some)
            {
                return (some.Owned, some.Refused, some.InnerException);
            }
            catch (Exception error)
            {
                if (giveUp.IsCancellationRequested)
                {
                    Log.SettleGivenUp(bus.Logger, identity.Topic, identity.Group, batch.Length, error);
                    return (0, [], null);
                }

                Log.SettleFailed(bus.Logger, identity.Topic, identity.Group, batch.Length, error);
                try
                {
                    await backoff.WaitAsync(giveUp).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    // Stopping: one last try.
                }
            }
        }
    }
}
