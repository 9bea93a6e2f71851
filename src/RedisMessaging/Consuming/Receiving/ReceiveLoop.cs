using RedisMessaging.Background;
using RedisMessaging.Consuming.InFlight;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Topics;

namespace RedisMessaging.Consuming.Receiving;

/// <summary>
/// The only receive loop of a consumer: it fetches until a pause, releases what was prefetched until the pause ends, and survives every
/// fault in between.
/// </summary>
internal sealed class ReceiveLoop(MessageFetcher fetcher, PauseDrain drain, ConsumerIdentity identity, BusServices bus)
{
    private static readonly TimeSpan MinPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(5);

    /// <summary>Runs until the consumer stops.</summary>
    public Task RunAsync(CancellationToken stopping) =>
        BackgroundLoop.StartLasting(nameof(ReceiveLoop), bus.Logger, () => ReceiveAsync(stopping), () => stopping.IsCancellationRequested);

    private async Task ReceiveAsync(CancellationToken stopping)
    {
        var buffer = new ReceiveBuffer();
        var backoff = new Backoff(bus.Time, MinPause, MaxPause);
        try
        {
            while (!stopping.IsCancellationRequested)
            {
                try
                {
                    await fetcher.FetchUntilPausedAsync(buffer, backoff, stopping).ConfigureAwait(false);
                    await drain.DrainUntilResumedAsync(buffer, stopping).ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (stopping.IsCancellationRequested)
                {
                    return;
                }
                catch (Exception error)
                {
                    bus.Instruments.ReceiveFaults.Add(1, Instruments.Consumer(identity.Topic, identity.Group));
                    Log.ReceiveFailed(bus.Logger, identity.Topic, identity.Group, error);
                    await backoff.WaitAsync(stopping).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
    }
}
