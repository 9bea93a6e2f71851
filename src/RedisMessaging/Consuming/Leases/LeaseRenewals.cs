using Microsoft.Extensions.Logging;
using RedisMessaging.Background;

namespace RedisMessaging.Consuming.Leases;

/// <summary>
/// Renews all leases of the process, on a thread and over a connection of their own: handlers that block the pool's threads, or a flood of
/// replies on the command connection, must not make them run out. Both are opened with the first lease.
/// </summary>
/// <param name="connect">Opens the connection. Where it can't, it says so, and renewals go another way.</param>
/// <param name="time">The clock of leases.</param>
/// <param name="onPool">Has the thread pool do something. Default: as all background work.</param>
internal sealed class LeaseRenewals(
    Func<Task<ILeaseConnection>> connect,
    TimeProvider time,
    ILogger logger,
    Action<Action>? onPool = null) : IAsyncDisposable
{
    private static readonly TimeSpan AfterFault = TimeSpan.FromMilliseconds(100);

    // A monitor, since a Lock can't be waited for.
    private readonly object _lock = new();
    private readonly List<LeaseEntry> _entries = [];
    private readonly LeaseDangers _dangers = new(time, logger, onPool);
    private Task<ILeaseConnection>? _connecting;
    private ITimer? _timer;
    private LeaseEntry? _running;
    private bool _isStarted;
    private bool _isAwake;
    private bool _isClosed;

    /// <summary>Opens the connection if that was not done yet. Throws nothing.</summary>
    public Task OpenAsync()
    {
        lock (_lock)
        {
            return _isClosed ? Task.CompletedTask : Connect();
        }
    }

    /// <summary>From now on a holder is asked to renew its leases.</summary>
    public void Add(ILeaseHolder holder)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            _entries.Add(new LeaseEntry(holder, time.GetTimestamp() + Ticks(holder.RenewalInterval)));
            _ = Connect();
            if (!_isStarted)
            {
                _isStarted = true;
                // The system's clock is waited for by the thread itself: its timers need the pool.
                _timer = time == TimeProvider.System ? null : BackgroundLoop.CreateTimer(time, Wake);
                BackgroundLoop.StartThread("RedisMessaging leases", Run);
            }

            SetTimer();
            Wake();
        }
    }

    /// <summary>A holder is not asked any more. Ends when it is not being asked either.</summary>
    public Task RemoveAsync(ILeaseHolder holder)
    {
        lock (_lock)
        {
            if (_entries.Find(entry => entry.Holder == holder) is not { } found)
            {
                return Task.CompletedTask;
            }

            _entries.Remove(found);
            if (_running != found)
            {
                return Task.CompletedTask;
            }

            found.Removed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return found.Removed.Task;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task<ILeaseConnection>? connecting;
        lock (_lock)
        {
            _isClosed = true;
            _entries.Clear();
            connecting = _connecting;
            Wake();
        }

        _timer?.Dispose();
        if (connecting is not null && await connecting.ConfigureAwait(false) is IAsyncDisposable connection)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Without the caller's context: the connection outlives the caller, and its threads would keep it.</summary>
    private Task<ILeaseConnection> Connect()
    {
        if (_connecting is null)
        {
            BackgroundLoop.Call(() => _connecting = connect());
        }

        return _connecting!;
    }

    private void Wake()
    {
        lock (_lock)
        {
            _isAwake = true;
            Monitor.PulseAll(_lock);
        }
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage(
        "Usage",
        "VSTHRD002",
        Justification = "The task has ended, and the thread is no thread of the pool.")]
    private void Run()
    {
        // Without this thread every lease would run out, so it survives everything: a clock that throws, a logger, a listener to a counter.
        for (var isOpen = true; isOpen;)
        {
            if (!Guard(() => isOpen = WaitForDue()))
            {
                lock (_lock)
                {
                    Monitor.Wait(_lock, AfterFault);
                }
            }

            if (_running is { } entry)
            {
                var late = TimeSpan.Zero;
                Guard(() => late = time.GetElapsedTime(entry.Due));
                Guard(
                    () => entry.HasFailed = _connecting is not { IsCompletedSuccessfully: true } connected
                        || !entry.Holder.Renew(connected.Result));
                Guard(() => _dangers.Warn(late, entry.Holder.RenewalInterval));
                Complete(entry);
            }
        }
    }

    private static bool Guard(Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (Exception)
        {
            return false;
        }
    }

    /// <returns>False once this is closed.</returns>
    private bool WaitForDue()
    {
        lock (_lock)
        {
            while (!_isClosed)
            {
                _isAwake = false;
                var now = time.GetTimestamp();
                if (_entries.Where(entry => entry.Due <= now).MinBy(entry => (entry.HasFailed, entry.Due)) is { } due)
                {
                    _running = due;
                    return true;
                }

                var rest = SetTimer();
                if (!_isAwake)
                {
                    // It waits for whole milliseconds, and less would be before its time.
                    Monitor.Wait(
                        _lock,
                        _timer is null && rest != Timeout.InfiniteTimeSpan
                            ? rest + TimeSpan.FromMilliseconds(1)
                            : Timeout.InfiniteTimeSpan);
                }
            }

            return false;
        }
    }

    private void Complete(LeaseEntry entry)
    {
        lock (_lock)
        {
            _running = null;
            entry.Removed?.SetResult();
            Guard(() => entry.Due = time.GetTimestamp() + Ticks(entry.Holder.RenewalInterval));
        }
    }

    /// <returns>How long it is until the next renewal.</returns>
    private TimeSpan SetTimer()
    {
        if (_entries.Count == 0)
        {
            return Timeout.InfiniteTimeSpan;
        }

        var rest = time.GetElapsedTime(time.GetTimestamp(), _entries.Min(entry => entry.Due));
        rest = rest > TimeSpan.Zero ? rest : TimeSpan.Zero;
        _timer?.Change(rest, Timeout.InfiniteTimeSpan);
        return rest;
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);
}
