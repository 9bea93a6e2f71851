using System.Diagnostics.CodeAnalysis;

namespace RedisMessaging.Consuming.Pausing;

/// <summary>
/// What a consumer passes before it takes a message to handle: closed while it is paused, and no faster than its rate limit. Asked before the message is taken, so that
/// one that waits counts as prefetched, and goes back at once when the consumer is paused or stopped.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Without a timer or a link a CancellationTokenSource holds nothing.")]
internal sealed class HandlerStartLimiter
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private volatile RateMeter? _meter;
    private CancellationTokenSource _pausing = new();
    private TaskCompletionSource? _resumed;
    private Action<bool>? _changed;
    private TaskCompletionSource? _tried;
    private Trial? _trial;
    private volatile bool _admitsOne;
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
    public bool AdmitsOne => _admitsOne;

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

    /// <summary>Calls back with whether fewer handlers may be started than usual, now and whenever that changes: the consumer is paused, or tries one message.</summary>
    public void OnChanged(Action<bool> changed)
    {
        lock (_lock)
        {
            _changed = changed;
            Tell();
        }
    }

    /// <summary>Ends the pause for <see cref="PauseReason.Failures"/>, and lets one handler at a time start from now on.</summary>
    public void AdmitOne()
    {
        lock (_lock)
        {
            _admitsOne = true;
            _trial = null;
        }

        Set(PauseReason.Failures, false);
    }

    /// <summary>The one that was tried succeeded.</summary>
    public void AdmitAll()
    {
        TaskCompletionSource? tried;
        lock (_lock)
        {
            _admitsOne = false;
            (tried, _tried) = (_tried, null);
            Tell();
        }

        tried?.SetResult();
    }

    /// <summary>Waits until nothing is being tried.</summary>
    public async Task WaitForTrialAsync(CancellationToken cancellationToken)
    {
        while (FindTrial() is { } tried)
        {
            await tried.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What was tried is over: where it decided nothing, the next one may be tried.</summary>
    /// <param name="trial">As <see cref="EnterAsync"/> gave it.</param>
    public void EndTrial(Trial? trial)
    {
        if (trial is null)
        {
            return;
        }

        TaskCompletionSource? tried = null;
        lock (_lock)
        {
            if (_trial == trial)
            {
                _trial = null;
                (tried, _tried) = (_tried, null);
            }
        }

        tried?.SetResult();
    }

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
                Tell();
            }
            else if (before != PauseReason.None && after == PauseReason.None)
            {
                (resumed, _resumed) = (_resumed, null);
                _pausing = new CancellationTokenSource();
                Tell();
            }
        }

        // On the pool: what waits must not go on in the hands of whoever paused it.
        _ = pausing?.CancelAsync();
        resumed?.SetResult();
        return before != after;
    }

    /// <summary>Starts handlers so fast from now on; as fast as it goes without a limit.</summary>
    public void Limit(RateLimit? limit)
    {
        CancellationTokenSource? waiting = null;
        lock (_lock)
        {
            _meter = MeterOf(limit);
            if (!IsPaused)
            {
                // What waits under the former limit waits no longer than the new one asks.
                (waiting, _pausing) = (_pausing, new CancellationTokenSource());
            }
        }

        _ = waiting?.CancelAsync();
    }

    /// <summary>Waits until a handler may be started, or <paramref name="stopping"/> is cancelled, which is no exception: what was not started is given back by whoever takes it then.</summary>
    /// <returns>While one is tried, the right to start it, for <see cref="EndTrial"/>.</returns>
    public ValueTask<Trial?> EnterAsync(CancellationToken stopping) =>
        _reasons == PauseReason.None && !_admitsOne && TryTake(out _) ? default : new ValueTask<Trial?>(EnterSlowlyAsync(stopping));

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
    public void GiveBack() => _meter?.GiveBack();

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
                if (!TryBeginTrial(out trial, out var tried))
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
                // Paused or stopping: the loop tells.
            }
        }

        return null;
    }

    /// <summary>While one handler is tried, no other one starts.</summary>
    /// <param name="trial">The right to start it; <see langword="null"/> where all may start.</param>
    /// <param name="tried">Ends when it may be the caller's turn.</param>
    private bool TryBeginTrial(out Trial? trial, [NotNullWhen(false)] out Task? tried)
    {
        lock (_lock)
        {
            tried = FindTrial();
            trial = _admitsOne && tried is null ? new Trial() : null;
            _trial = trial ?? _trial;
            return tried is null;
        }
    }

    /// <returns>What ends with the trial that is under way; <see langword="null"/> when none is.</returns>
    private Task? FindTrial()
    {
        lock (_lock)
        {
            if (!_admitsOne || _trial is null)
            {
                return null;
            }

            _tried ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _tried.Task;
        }
    }

    private void Tell() => _changed?.Invoke(IsPaused || _admitsOne);
}
