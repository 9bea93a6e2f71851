using RedisMessaging.Consuming.InFlight;
using RedisMessaging.Consuming.Ordering;
using RedisMessaging.Consuming.Settling;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming.Retries;

/// <summary>
/// Decides where a message waits for its next attempt. Redis keeps it where the transport has a schedule: durably, and without a place in
/// the prefetch. Otherwise it waits in this process until the consumer stops. A message that its key has to wait for stays at the head of
/// its key.
/// </summary>
/// <param name="sequencer"><see langword="null"/> where keys have no order.</param>
/// <param name="hasSchedule">Whether the transport keeps delayed messages.</param>
/// <param name="stopping">Cancelled when the consumer stops: what waits in this process is released.</param>
internal sealed class DelayedRetries(
    MessageSettler settler,
    KeyedSequencer? sequencer,
    bool hasSchedule,
    TimeProvider time,
    CancellationToken stopping)
{
    /// <summary>Whether the transport keeps delayed messages.</summary>
    public bool HasSchedule => hasSchedule;

    /// <summary>Has a message delivered again after a while.</summary>
    public void Retry(InFlightMessage message, TimeSpan delay)
    {
        if (sequencer?.TryKeep(message, delay) == true)
        {
            // The wait begins when its handler ends.
            return;
        }

        if (delay > TimeSpan.Zero && hasSchedule)
        {
            settler.Schedule(message, delay);
        }
        else if (delay <= TimeSpan.Zero || stopping.IsCancellationRequested)
        {
            settler.Settle(message, stopping.IsCancellationRequested ? SettlementKind.Release : SettlementKind.Retry);
        }
        else
        {
            _ = RetryAfterAsync(message, delay);
        }
    }

    /// <inheritdoc cref="Retry"/>
    /// <returns>Whether the message was still this consumer's.</returns>
    public async ValueTask<bool> RetryAsync(InFlightMessage message, TimeSpan delay, CancellationToken cancellationToken)
    {
        if (hasSchedule)
        {
            return await settler.ScheduleAsync(message, delay, cancellationToken).ConfigureAwait(false);
        }

        var isOurs = message.IsOpen;
        Retry(message, delay);
        return isOurs;
    }

    /// <summary>
    /// Waits at the head of the key, without a handler. Ends early when the message is lost: its key need not wait any longer then.
    /// </summary>
    /// <returns>False when the consumer stops.</returns>
    public async Task<bool> WaitAtHeadAsync(InFlightMessage message, TimeSpan delay)
    {
        try
        {
            await message.WhenGone().WaitAsync(delay, time, stopping).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or ObjectDisposedException)
        {
            return false;
        }

        return true;
    }

    private async Task RetryAfterAsync(InFlightMessage message, TimeSpan delay)
    {
        try
        {
            await Task.Delay(delay, time, stopping).ConfigureAwait(false);
            settler.Settle(message, SettlementKind.Retry);
        }
        catch (Exception)
        {
            // Mostly the stop. Whatever it is, the message must not stay in flight.
            settler.Settle(message, SettlementKind.Release);
        }
    }
}
