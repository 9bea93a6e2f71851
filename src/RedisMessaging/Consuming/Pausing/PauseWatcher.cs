using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.WakeSignals;
using RedisMessaging.Topics;

namespace RedisMessaging.Consuming.Pausing;

/// <summary>
/// Has one topic's consumers in this process follow the pauses that Redis keeps. It checks them when a consumer opens, on each wake signal,
/// and at intervals. It runs while there are consumers. A user without the right to read pauses is never paused from outside.
/// </summary>
internal sealed class PauseWatcher(
    PauseStore store,
    RedisConnections connections,
    WakeSignalHub signals,
    bool alwaysSignal,
    TimeProvider time,
    ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan SlowInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan IntervalWithoutSignal = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan IntervalWithoutRights = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();

    /// <summary>One check at a time: a late reply would overwrite a newer state.</summary>
    private readonly SemaphoreSlim _checking = new(1, 1);
    private readonly List<(string Group, HandlerStartLimiter Limiter)> _limiters = [];
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stop = new();
    private readonly Backoff _backoff = new(time, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
    private IReadOnlyList<TopicPause> _pauses = [];
    private WakeSignal? _signal;
    private ITimer? _timer;
    private Task? _running;
    private bool _isDenied;

    /// <summary>Once the task ends, no handler of a paused consumer starts.</summary>
    /// <exception cref="StackExchange.Redis.RedisException">Redis does not answer: whether it is paused is not known.</exception>
    public async ValueTask JoinAsync(string group, HandlerStartLimiter limiter, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _limiters.Add((group, limiter));
        }

        try
        {
            await CheckAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Leave(limiter);
            throw;
        }

        lock (_lock)
        {
            _timer ??= BackgroundLoop.CreateTimer(time, () => _wake.Writer.TryWrite(true));
            _running ??= BackgroundLoop.StartLasting(nameof(PauseWatcher), logger, RunAsync, () => _stop.IsCancellationRequested);
        }
    }

    public void Leave(HandlerStartLimiter limiter)
    {
        WakeSignal? unneeded = null;
        lock (_lock)
        {
            _limiters.RemoveAll(entry => entry.Limiter == limiter);
            if (_limiters.Count == 0)
            {
                (unneeded, _signal) = (_signal, null);
            }
        }

        if (unneeded is not null)
        {
            signals.Forget(unneeded);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await (_running ?? Task.CompletedTask).ConfigureAwait(false);
        if (_timer is not null)
        {
            await _timer.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await WaitAsync().ConfigureAwait(false);
                if (HasConsumers)
                {
                    await CheckAsync(_stop.Token).ConfigureAwait(false);
                    _backoff.Reset();
                }
            }
            catch (Exception) when (_stop.IsCancellationRequested || connections.Stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                // Whatever it was: a watch that died would leave consumers paused for ever, or never pause them. Meanwhile all stays as it
                // was.
                if (_backoff.IsReset)
                {
                    Log.PauseLookFailed(logger, store.Topic, error);
                }
            }
        }
    }

    private bool HasConsumers
    {
        get
        {
            lock (_lock)
            {
                return _limiters.Count > 0;
            }
        }
    }

    private async Task WaitAsync()
    {
        var wait = _backoff.IsReset ? UntilCheck() : _backoff.Next();
        // A timer that wakes, and no token that ends the wait: that would throw each time, for hundreds of topics.
        _timer!.Change(SharedTimerTick.After(time, wait), Timeout.InfiniteTimeSpan);
        await _wake.Reader.ReadAsync(_stop.Token).ConfigureAwait(false);
    }

    private TimeSpan UntilCheck()
    {
        // A signal that is added to a blocked read is received only after that read, where the read can't be ended.
        var isReceived = _signal is { IsDenied: false } && connections.MayUnblock;
        var wait = _isDenied ? IntervalWithoutRights : isReceived || !HasConsumers ? SlowInterval : IntervalWithoutSignal;
        return wait * (0.75 + (Random.Shared.NextDouble() / 2));
    }

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        await _checking.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await CheckAloneAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _checking.Release();
        }
    }

    private async Task CheckAloneAsync(CancellationToken cancellationToken)
    {
        var database = await connections.ConnectAsync(cancellationToken).ConfigureAwait(false);
        if (!_isDenied && _signal is null && WantsSignal && await store.CanReadSignalAsync(database).ConfigureAwait(false))
        {
            Listen();
        }

        try
        {
            var reading = store.ReadAsync(database);
            FireAndForget.Observe(reading);
            _pauses = await reading.WaitAsync(cancellationToken).ConfigureAwait(false);
            _isDenied = false;
        }
        catch (Exception error) when (RedisErrors.IsDenied(error))
        {
            if (!_isDenied)
            {
                _isDenied = true;
                Log.PausingDenied(logger, store.Topic, error);
            }

            _pauses = [];
        }

        Apply();
    }

    /// <summary>
    /// In a cluster a wake signal takes a connection for each slot: without one that is open anyway, checking costs less.
    /// </summary>
    private bool WantsSignal => alwaysSignal || !connections.IsCluster;

    private void Listen()
    {
        lock (_lock)
        {
            if (_limiters.Count > 0)
            {
                _signal ??= signals.Watch(store.Signal, () => _wake.Writer.TryWrite(true));
            }
        }
    }

    private void Apply()
    {
        lock (_lock)
        {
            foreach (var (group, limiter) in _limiters)
            {
                var paused = _pauses.Any(pause => pause.Group is null || pause.Group == group);
                if (limiter.Set(PauseReason.Topic, paused))
                {
                    Log.ConsumerPaused(logger, store.Topic, group, paused ? "paused" : "resumed");
                }
            }
        }
    }
}
