namespace RedisMessaging.Pipeline;

/// <summary>
/// What a consumer passes before it takes a message to handle: closed while it is paused, and no faster than its rate limit. Asked before the message is taken, so that
/// one that waits counts as prefetched, and goes back at once when the consumer is paused or stopped.
/// </summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "Without a timer or a link a CancellationTokenSource holds nothing.")]
internal sealed class StartGate
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private volatile RateMeter? _meter;
    private CancellationTokenSource _pausing = new();
    private TaskCompletionSource? _resumed;
    private Action<bool>? _changed;
    private volatile PauseReason _reasons;

    public StartGate(RateLimit? limit, TimeProvider time)
    {
        _time = time;
        _meter = MeterOf(limit);
    }

    public bool IsPaused => _reasons != PauseReason.None;

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

    /// <summary>Has somebody told whether the consumer is paused, now and whenever that changes.</summary>
    public void OnChanged(Action<bool> changed)
    {
        lock (_lock)
        {
            _changed = changed;
            changed(IsPaused);
        }
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
                _changed?.Invoke(true);
            }
            else if (before != PauseReason.None && after == PauseReason.None)
            {
                (resumed, _resumed) = (_resumed, null);
                _pausing = new CancellationTokenSource();
                _changed?.Invoke(false);
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
    public ValueTask EnterAsync(CancellationToken stopping) =>
        _reasons == PauseReason.None && TryTake(out _) ? ValueTask.CompletedTask : new ValueTask(EnterSlowlyAsync(stopping));

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

    private async Task EnterSlowlyAsync(CancellationToken stopping)
    {
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

                if (TryTake(out var wait))
                {
                    return;
                }

                using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, pausing);
                await Task.Delay(wait, _time, either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // Paused or stopping: the loop tells.
            }
        }
    }
}
