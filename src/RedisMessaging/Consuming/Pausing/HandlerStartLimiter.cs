using System.Diagnostics.CodeAnalysis;

namespace RedisMessaging.Consuming.Pausing;

/// <summary>
/// Says when a consumer may start a handler: not while it is paused, and no faster than its rate limit. A worker asks before it takes a
/// message: a message that waits counts as prefetched then, and is released at once when the consumer is paused or stopped.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Without a timer or a link a CancellationTokenSource holds nothing.")]
internal sealed class HandlerStartLimiter
{
    private readonly Lock _lock = new();
    private readonly TrialGate _trials = new();
    private readonly TimeProvider _time;
    private volatile RateMeter? _meter;
    private CancellationTokenSource _pausing = new();
    private TaskCompletionSource? _resumed;
    private Action<bool>? _changed;
    private volatile PauseReason _reasons;

    public HandlerStartLimiter(RateLimit? limit, TimeProvider time)
    {
        _time = time;
        _meter = MeterOf(limit);
    }

    public bool IsPaused => _reasons != PauseReason.None;

    /// <summary>Why the consumer is paused.</summary>
    public PauseReason Reasons => _reasons;

    /// <summary>One handler at a time may be started, to see whether it still fails.</summary>
    public bool AdmitsOne => _trials.AdmitsOne;

    /// <summary>Cancelled by the next pause or the next limit; while paused it is already.</summary>
    public CancellationToken Pausing
    {
        get
        {
            lock (_lock)
            {
                return _pausing.Token;
            }
        }
    }

    /// <summary>Ends when the consumer is not paused.</summary>
    public Task Resumed
    {
        get
        {
            lock (_lock)
            {
                return _resumed?.Task ?? Task.CompletedTask;
            }
        }
    }

    /// <summary>
    /// Calls back with whether fewer handlers may be started than usual, now and whenever that changes: the consumer is paused, or tries
    /// one message.
    /// </summary>
    public void OnChanged(Action<bool> changed)
    {
        lock (_lock)
        {
            _changed = changed;
            NotifyChanged();
        }
    }

    /// <summary>Ends the pause for <see cref="PauseReason.Failures"/>, and lets one handler at a time start from now on.</summary>
    public void AdmitOne()
    {
        _trials.AdmitOne();
        Set(PauseReason.Failures, false);
    }

    /// <summary>The trial succeeded: all handlers may start.</summary>
    public void AdmitAll()
    {
        lock (_lock)
        {
            _trials.AdmitAll();
            NotifyChanged();
        }
    }

    /// <summary>Waits until no trial is under way.</summary>
    public Task WaitForTrialAsync(CancellationToken cancellationToken) => _trials.WaitAsync(cancellationToken);

    /// <summary>Ends a trial: where it decided nothing, the next one may begin.</summary>
    /// <param name="trial">As <see cref="EnterAsync"/> gave it.</param>
    public void EndTrial(Trial? trial) => _trials.End(trial);

    /// <returns>Whether that changed anything.</returns>
    public bool Set(PauseReason reason, bool paused)
    {
        PauseReason before, after;
        CancellationTokenSource? pausing = null;
        TaskCompletionSource? resumed = null;
        lock (_lock)
        {
            before = _reasons;
            after = paused ? before | reason : before & ~reason;
            _reasons = after;
            if (before == PauseReason.None && after != PauseReason.None)
            {
                _resumed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                pausing = _pausing;
                NotifyChanged();
            }
            else if (before != PauseReason.None && after == PauseReason.None)
            {
                (resumed, _resumed) = (_resumed, null);
                _pausing = new CancellationTokenSource();
                NotifyChanged();
            }
        }

        // On the pool: what waits must not continue on the thread of the caller.
        _ = pausing?.CancelAsync();
        resumed?.SetResult();
        return before != after;
    }

    /// <summary>Replaces the rate limit; <see langword="null"/> removes it.</summary>
    public void Limit(RateLimit? limit)
    {
        CancellationTokenSource? waiting = null;
        lock (_lock)
        {
            _meter = MeterOf(limit);
            if (!IsPaused)
            {
                // A handler that waits under the former limit waits no longer than the new one asks.
                (waiting, _pausing) = (_pausing, new CancellationTokenSource());
            }
        }

        _ = waiting?.CancelAsync();
    }

    /// <summary>
    /// Waits until a handler may be started, or <paramref name="stopping"/> is cancelled, which is no exception: the caller that takes a
    /// message then releases it.
    /// </summary>
    /// <returns>During a trial, the right to start the one handler, for <see cref="EndTrial"/>.</returns>
    public ValueTask<Trial?> EnterAsync(CancellationToken stopping) =>
        _reasons == PauseReason.None && !_trials.AdmitsOne && TryTake(out _) ? default : new ValueTask<Trial?>(EnterSlowlyAsync(stopping));

    /// <summary>Waits until the consumer is not paused, or <paramref name="stopping"/> is cancelled, which is no exception.</summary>
    public async Task WaitWhilePausedAsync(CancellationToken stopping, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellationToken);
        try
        {
            await Resumed.WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
        }
    }

    /// <summary>No handler was started after all.</summary>
    public void ReturnPermit() => _meter?.ReturnPermit();

    private RateMeter? MeterOf(RateLimit? limit) => limit is null ? null : new RateMeter(limit, _time);

    private bool TryTake(out TimeSpan wait)
    {
        wait = TimeSpan.Zero;
        return _meter is not { } meter || meter.TryTake(out wait);
    }

    private async Task<Trial?> EnterSlowlyAsync(CancellationToken stopping)
    {
        Trial? trial = null;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await Resumed.WaitAsync(stopping).ConfigureAwait(false);
                var pausing = Pausing;
                if (IsPaused)
                {
                    continue;
                }

                using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, pausing);
                if (!_trials.TryBegin(out trial, out var tried))
                {
                    await tried.WaitAsync(either.Token).ConfigureAwait(false);
                    continue;
                }

                if (TryTake(out var wait))
                {
                    return trial;
                }

                EndTrial(trial);
                await Task.Delay(wait, _time, either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // Paused or stopping: the loop checks which.
            }
        }

        return null;
    }

    private void NotifyChanged() => _changed?.Invoke(IsPaused || _trials.AdmitsOne);
}
