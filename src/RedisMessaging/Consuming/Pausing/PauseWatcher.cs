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
/// Has one topic's consumers in this process follow what Redis says of pauses: looked at when a consumer opens, when the bell rings, and
/// now and then. Runs while there are consumers. A user who may not look is never paused from outside.
/// </summary>
internal sealed class PauseWatcher(
    PauseStore store,
    RedisConnections connections,
    WakeSignalHub bells,
    bool alwaysBell,
    TimeProvider time,
    ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan SlowLook = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookWithoutBell = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LookWithoutRights = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();

    /// <summary>One look at a time: a late reply would overwrite a newer state.</summary>
    private readonly SemaphoreSlim _looking = new(1, 1);
    private readonly List<(string Group, HandlerStartLimiter Gate)> _gates = [];
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stop = new();
    private readonly Backoff _backoff = new(time, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
    private IReadOnlyList<TopicPause> _pauses = [];
    private WakeSignal? _bell;
    private ITimer? _timer;
    private Task? _running;
    private bool _isDenied;

    /// <summary>Done means that the gate is closed if the consumer is paused.</summary>
    /// <exception cref="StackExchange.Redis.RedisException">Redis does not answer: whether it is paused can't be told.</exception>
    public async ValueTask JoinAsync(string group, HandlerStartLimiter gate, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _gates.Add((group, gate));
        }

        try
        {
            await LookAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Leave(gate);
            throw;
        }

        lock (_lock)
        {
            _timer ??= BackgroundLoop.CreateTimer(time, () => _wake.Writer.TryWrite(true));
            _running ??= BackgroundLoop.StartLasting(nameof(PauseWatcher), logger, RunAsync, () => _stop.IsCancellationRequested);
        }
    }

    public void Leave(HandlerStartLimiter gate)
    {
        WakeSignal? unneeded = null;
        lock (_lock)
        {
            _gates.RemoveAll(entry => entry.Gate == gate);
            if (_gates.Count == 0)
            {
                (unneeded, _bell) = (_bell, null);
            }
        }

        if (unneeded is not null)
        {
            bells.Forget(unneeded);
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
                if (HasGates)
                {
                    await LookAsync(_stop.Token).ConfigureAwait(false);
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

    private bool HasGates
    {
        get
        {
            lock (_lock)
            {
                return _gates.Count > 0;
            }
        }
    }

    private async Task WaitAsync()
    {
        var wait = _backoff.IsReset ? UntilLook() : _backoff.Next();
        // A timer that wakes, and no token that ends the wait: that would throw each time, for hundreds of topics.
        _timer!.Change(SharedTimerTick.After(time, wait), Timeout.InfiniteTimeSpan);
        await _wake.Reader.ReadAsync(_stop.Token).ConfigureAwait(false);
    }

    private TimeSpan UntilLook()
    {
        // A bell that is added to a read that can't be ended is not heard until that is over.
        var isHeard = _bell is { IsDenied: false } && connections.MayUnblock;
        var wait = _isDenied ? LookWithoutRights : isHeard || !HasGates ? SlowLook : LookWithoutBell;
        return wait * (0.75 + (Random.Shared.NextDouble() / 2));
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        await _looking.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await LookAloneAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _looking.Release();
        }
    }

    private async Task LookAloneAsync(CancellationToken cancellationToken)
    {
        var database = await connections.ConnectAsync(cancellationToken).ConfigureAwait(false);
        if (!_isDenied && _bell is null && WantsBell && await store.CanHearBellAsync(database).ConfigureAwait(false))
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

    /// <summary>In a cluster a bell takes a connection for each slot: where none is open for the slot anyway, looking costs less.</summary>
    private bool WantsBell => alwaysBell || !connections.IsCluster;

    private void Listen()
    {
        lock (_lock)
        {
            if (_gates.Count > 0)
            {
                _bell ??= bells.Watch(store.Bell, () => _wake.Writer.TryWrite(true));
            }
        }
    }

    private void Apply()
    {
        lock (_lock)
        {
            foreach (var (group, gate) in _gates)
            {
                var paused = _pauses.Any(pause => pause.Group is null || pause.Group == group);
                if (gate.Set(PauseReason.Topic, paused))
                {
                    Log.ConsumerPaused(logger, store.Topic, group, paused ? "paused" : "resumed");
                }
            }
        }
    }
}
