using RedisMessaging.Background;
using RedisMessaging.Consuming.InFlight;
using RedisMessaging.Consuming.Pausing;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming.Receiving;

/// <summary>Fetches messages as the prefetch leaves room for them, until the consumer is paused or stops.</summary>
internal sealed class MessageFetcher(
    IReceiver receiver,
    FetchRoom room,
    MessageDispatch dispatch,
    HandlerStartLimiter limiter,
    TimeProvider time)
{
    /// <summary>Quicker handlers make room sooner than a fetch of new messages is worth its two round trips.</summary>
    private static readonly TimeSpan HandlersAreSlow = TimeSpan.FromMilliseconds(50);

    /// <param name="buffer">What is received goes through it.</param>
    /// <param name="backoff">Reset by each receive that succeeds.</param>
    /// <param name="stopping">Cancelled when the consumer stops.</param>
    public async Task FetchUntilPausedAsync(ReceiveBuffer buffer, Backoff backoff, CancellationToken stopping)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, limiter.Pausing);
        try
        {
            while (!limiter.IsPaused)
            {
                var triesOne = limiter.AdmitsOne;
                var refill = room.Refill;
                var free = triesOne
                    ? await room.WaitUntilEmptyAsync(either.Token).ConfigureAwait(false)
                    : await room.WaitAsync(refill, either.Token).ConfigureAwait(false);
                if (triesOne)
                {
                    // What is fetched beside the trial has to go back if it fails, and on a stream behind later messages.
                    await limiter.WaitForTrialAsync(either.Token).ConfigureAwait(false);
                }

                var max = triesOne ? 1 : free.Messages;
                var received = free.IsReserve
                    ? await FetchNewAsync(buffer, refill, either.Token).ConfigureAwait(false)
                    : await receiver.ReceiveAsync(buffer.For(max), new ReceiveBounds(free.Bytes), either.Token).ConfigureAwait(false);
                backoff.Reset();
                dispatch.Add(buffer, received);
            }
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested && either.IsCancellationRequested)
        {
            // Paused.
        }
    }

    /// <summary>
    /// Redelivered messages take all the room, and their handlers take a while: new ones are fetched beside them, until there is room for
    /// all kinds.
    /// </summary>
    private async ValueTask<int> FetchNewAsync(ReceiveBuffer buffer, int refill, CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var roomForAll = room.WaitForAllKindsAsync(refill, enough.Token).AsTask();
        try
        {
            if (await Task.WhenAny(roomForAll, Task.Delay(HandlersAreSlow, time, enough.Token)).ConfigureAwait(false) == roomForAll)
            {
                return 0;
            }

            cancellationToken.ThrowIfCancellationRequested();
            var (messages, bytes) = room.Reserve;
            if (messages == 0)
            {
                return 0;
            }

            var receiving = receiver.ReceiveAsync(buffer.For(messages), new ReceiveBounds(bytes, NewOnly: true), enough.Token).AsTask();
            await Task.WhenAny(roomForAll, receiving).ConfigureAwait(false);
            await enough.CancelAsync().ConfigureAwait(false);
            return await receiving.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
        finally
        {
            await enough.CancelAsync().ConfigureAwait(false);
            FireAndForget.Observe(roomForAll);
        }
    }
}
