using RedisMessaging.Background;
using RedisMessaging.Consuming.InFlight;
using RedisMessaging.Consuming.Pausing;
using RedisMessaging.Consuming.Settling;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming.Receiving;

/// <summary>
/// Releases what a paused consumer has prefetched, so that others get it at once, and what its receiver gets unasked. Where the transport
/// takes nothing back, it waits in this process. It also waits where keys have an order and failures paused the consumer: each message that
/// is tried in vain and released would let later ones of its key come first.
/// </summary>
internal sealed class PauseDrain(
    IReceiver receiver,
    MessageDispatch dispatch,
    MessageSettler settler,
    HandlerStartLimiter limiter,
    TransportCapabilities capabilities,
    TimeProvider time)
{
    private static readonly TimeSpan MinInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxInterval = TimeSpan.FromSeconds(10);

    /// <summary>A consumer shows life within its lease.</summary>
    private readonly TimeSpan _maxInterval = Durations.Min(capabilities.Lease / 3 ?? MaxInterval, MaxInterval);

    /// <param name="buffer">What is received goes through it.</param>
    /// <param name="stopping">Cancelled when the consumer stops.</param>
    public async Task DrainUntilResumedAsync(ReceiveBuffer buffer, CancellationToken stopping)
    {
        // Soon at first: what was about to arrive, and what waits behind a key that is still handled, has no signal of its own.
        var interval = MinInterval;
        while (capabilities.Durable && limiter.IsPaused)
        {
            if (!dispatch.IsOrdered || limiter.Reasons != PauseReason.Failures)
            {
                await settler.ReleaseAllAsync(dispatch.TakeUnstarted(), stopping).ConfigureAwait(false);
            }

            var own = dispatch.Free is > 0 and var room
                ? await receiver.ReceiveOwnAsync(buffer.For(room), stopping).ConfigureAwait(false)
                : 0;
            dispatch.Add(buffer, own);
            if (own == 0)
            {
                await Task.WhenAny(limiter.Resumed, Task.Delay(interval, time, stopping)).ConfigureAwait(false);
                interval = Durations.Min(2 * interval, _maxInterval);
                stopping.ThrowIfCancellationRequested();
            }
        }

        await limiter.Resumed.WaitAsync(stopping).ConfigureAwait(false);
    }
}
