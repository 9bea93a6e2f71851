using System.Diagnostics.CodeAnalysis;
using RedisMessaging.Bus.Stopping;
using RedisMessaging.Consuming.InFlight;
using RedisMessaging.Consuming.Pausing;
using RedisMessaging.Consuming.Settling;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming.Receiving;

/// <summary>What workers and readers take messages from, and report the end of each handler to.</summary>
/// <param name="limiter">Says when handlers may be started.</param>
/// <param name="canRelease">Whether the transport takes messages back.</param>
/// <param name="stopping">Cancelled when the consumer stops receiving: what is not started by then is released.</param>
internal sealed class HandlerFeed(
    ReadyQueue ready,
    MessageDispatch dispatch,
    MessageSettler settler,
    HandlerStartLimiter limiter,
    bool canRelease,
    CancellationToken stopping)
{
    /// <summary>The handlers that run.</summary>
    public RunningHandlers Handlers { get; } = new();

    /// <summary>Waits for messages that were received and not taken yet. False once no more come.</summary>
    public ValueTask<bool> WaitToTakeAsync(CancellationToken cancellationToken) => ready.WaitAsync(cancellationToken);

    /// <summary>Takes a message, and lets the receive loop fetch more when it was the last.</summary>
    public bool TryTake([MaybeNullWhen(false)] out InFlightMessage message) => ready.TryTake(out message);

    /// <summary>
    /// Takes a message once a handler may be started with it: not while the consumer is paused, nor faster than its rate limit. After the
    /// stop it returns what is there, to be released.
    /// </summary>
    /// <param name="isWanted">Asked once a handler may be started: whether it still is to be.</param>
    /// <returns><see langword="null"/> when another worker took the last one, or none is wanted.</returns>
    public async ValueTask<InFlightMessage?> TakeToStartAsync(Func<bool>? isWanted = null)
    {
        var trial = await limiter.EnterAsync(stopping).ConfigureAwait(false);
        if (isWanted?.Invoke() != false && TryTake(out var message))
        {
            message.Trial = trial;
            return message;
        }

        limiter.EndTrial(trial);
        limiter.ReturnPermit();
        return null;
    }

    /// <summary>For a reader: waits until the consumer is not paused, or stops.</summary>
    public ValueTask WaitWhilePausedAsync(CancellationToken cancellationToken) =>
        limiter.IsPaused ? new ValueTask(limiter.WaitWhilePausedAsync(stopping, cancellationToken)) : ValueTask.CompletedTask;

    /// <summary>A handler is about to be started.</summary>
    /// <returns>False once the consumer has stopped while the message waited for others: it is released.</returns>
    public bool TryBeginHandling(InFlightMessage message)
    {
        if (Handlers.TryEnter())
        {
            return true;
        }

        ReleaseUnstarted(message);
        return false;
    }

    /// <summary>A message was taken to start a handler with, and none was started.</summary>
    public void NotStarted() => limiter.ReturnPermit();

    /// <summary>The handler of a message has ended, whatever the outcome.</summary>
    public void EndHandling(InFlightMessage message)
    {
        ready.Leave(message);
        message.IsSuspect = false;
        limiter.EndTrial(message.Trial);
        message.Trial = null;
        dispatch.End(message);
    }

    /// <summary>Releases a message that was taken and not started because the consumer stops.</summary>
    public void ReleaseUnstarted(InFlightMessage message)
    {
        // Where keys have an order all of them are released in one step, once the handlers have ended.
        // Released earlier, the next message of a key could be handled elsewhere while this one is handled here.
        if (!dispatch.IsOrdered)
        {
            settler.Settle(message, SettlementKind.Release);
        }
    }

    /// <summary>
    /// Releases a message that had to wait for others, if the consumer was paused meanwhile and the transport takes messages back.
    /// </summary>
    /// <returns>Whether it was released.</returns>
    public bool TryReleaseForPause(InFlightMessage message)
    {
        if (!limiter.IsPaused || !canRelease)
        {
            return false;
        }

        ready.Leave(message);
        limiter.EndTrial(message.Trial);
        if (dispatch.IsOrdered)
        {
            // It is released together with what waits behind it.
            dispatch.PutBack(message);
        }
        else
        {
            settler.Settle(message, SettlementKind.Release);
        }

        limiter.ReturnPermit();
        return true;
    }
}
