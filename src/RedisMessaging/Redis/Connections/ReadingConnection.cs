using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.WakeSignals;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Connections;

/// <summary>
/// What a receive loop reads over. While little comes, it is parked: its reads do not block and share a connection with those of all other
/// idle loops, and in between it waits for a bell. Once much comes it has a connection of its own, to block on, and gives it up when it was
/// idle for a while. Only its loop uses it, one call at a time.
/// </summary>
internal sealed class ReadingConnection : IAsyncDisposable
{
    // A ring and the read that follows count each.
    private const int Busy = 6;
    private static readonly TimeSpan BusyWindow = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LeastPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MostPatience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan ShortNap = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Unheard = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan OpenRetry = TimeSpan.FromSeconds(5);

    private readonly RedisConnections _connections;
    private readonly string _purpose;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly BlockingConnection? _shared;
    private readonly WakeSignal[] _bells;
    private readonly Lock _lock = new();
    private readonly ITimer _timer;
    private TaskCompletionSource<bool>? _waiter;
    private bool _hasRung;
    private BlockingConnection? _own;
    private Task<BlockingConnection>? _opening;
    private TimeSpan _patience = LeastPatience;
    private long _lastArrival;
    private long _windowStart;
    private int _inWindow;
    private long? _parkedAt;
    private long _awakeUntil = long.MinValue;
    private long _mayOpen = long.MinValue;

    private ReadingConnection(
        RedisConnections connections,
        string purpose,
        RedisKey[] bells,
        BlockingConnection? shared,
        BlockingConnection? own,
        TimeProvider time,
        ILogger logger)
    {
        _connections = connections;
        _purpose = purpose;
        _time = time;
        _logger = logger;
        _shared = shared;
        _own = own;
        _lastArrival = time.GetTimestamp();
        _timer = BackgroundLoop.CreateTimer(time, () => Wake(rung: false));
        _bells = Array.ConvertAll(bells, key => connections.Bells.Prepare(key, () => Wake(rung: true)));
    }

    /// <param name="purpose">What is read, for the name of a connection of its own in CLIENT LIST.</param>
    /// <param name="bells">The streams that ring for this loop, all in one slot; none when it has a connection of its own always.</param>
    public static async ValueTask<ReadingConnection> OpenAsync(
        RedisConnections connections,
        string purpose,
        RedisKey[] bells,
        TimeProvider time,
        ILogger logger,
        CancellationToken cancellationToken)
    {
        var parked = bells.Length > 0 && connections.MayUnblock;
        var shared = bells.Length > 0 ? await connections.OpenSharedAsync(cancellationToken).ConfigureAwait(false) : null;
        var own = parked ? null : await connections.OpenBlockingAsync(purpose, cancellationToken).ConfigureAwait(false);
        return new ReadingConnection(connections, purpose, bells, shared, own, time, logger);
    }

    /// <summary>It has no connection of its own: nothing may block. Stays so until <see cref="PrepareAsync"/>.</summary>
    public bool IsParked => _own is null;

    private BlockingConnection Current => _own ?? _shared!;

    /// <summary>Before a read: takes the connection that was opened meanwhile, or parks.</summary>
    public async ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        if (_opening is { IsCompleted: true } opened)
        {
            _opening = null;
            await TakeAsync(opened).ConfigureAwait(false);
        }
        else if (_own is { } own && IsIdle && MayPark)
        {
            _own = null;
            _parkedAt = _time.GetTimestamp();
            await own.DisposeAsync().ConfigureAwait(false);
        }
        else if (_own is null && _opening is null && !MayPark)
        {
            Awake(await _connections.OpenBlockingAsync(_purpose, cancellationToken).ConfigureAwait(false));
        }
    }

    /// <summary>A read brought something.</summary>
    /// <param name="full">As much as it could: there is more.</param>
    public void NoteArrival(bool full)
    {
        _lastArrival = _time.GetTimestamp();
        NoteTraffic(full);
    }

    /// <summary>Nobody rings for what arrives: from now on, for so long, it waits on a connection of its own.</summary>
    public void StayAwake(TimeSpan duration) =>
        _awakeUntil = _time.GetTimestamp() + (long)(duration.TotalSeconds * _time.TimestampFrequency);

    /// <summary>Runs one command that blocks only where it is not parked.</summary>
    public ValueTask<RedisResult> BlockAsync(
        RedisKey key,
        TimeSpan block,
        string commandName,
        ICollection<object> arguments,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return _own is { } own
            ? own.BlockAsync(key, block, commandName, arguments, cancellationToken)
            : _shared!.RunAsync(commandName, database => database.ExecuteAsync(commandName, arguments), cancellationToken);
    }

    /// <summary>Runs a command that does not block.</summary>
    public ValueTask<T> RunAsync<T>(string commandName, Func<IDatabase, Task<T>> command, CancellationToken cancellationToken = default) =>
        Current.RunAsync(commandName, command, cancellationToken);

    /// <summary>Parked: waits for a ring.</summary>
    /// <param name="positions">For each bell, in their order, behind which entry something rings.</param>
    /// <returns>False when there was none: it is time to look all the same.</returns>
    public async ValueTask<bool> WaitForRingAsync(ReadOnlyMemory<string> positions, TimeSpan longest, CancellationToken cancellationToken)
    {
        if (_opening is not null)
        {
            // Soon it can wait where it is safe to.
            longest = longest < Unheard ? longest : Unheard;
        }

        lock (_lock)
        {
            // What is behind the positions rings again.
            _hasRung = false;
        }

        for (var i = 0; i < _bells.Length; i++)
        {
            _connections.Bells.Set(_bells[i], positions.Span[i]);
        }

        try
        {
            // Where it is being read from there already there is no doubt that it is heard.
            var first = IsHeard || longest < Unheard ? longest : Unheard;
            var rung = await WaitAsync(first, cancellationToken).ConfigureAwait(false);
            if (!rung && longest > first && IsHeard)
            {
                rung = await WaitAsync(longest - first, cancellationToken).ConfigureAwait(false);
            }

            if (rung)
            {
                NoteTraffic(full: false);
            }

            return rung;
        }
        catch (OperationCanceledException)
        {
            Array.ForEach(_bells, _connections.Bells.Unset);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Array.ForEach(_bells, _connections.Bells.Forget);
        await _timer.DisposeAsync().ConfigureAwait(false);
        try
        {
            if (_opening is not null)
            {
                await TakeAsync(_opening).ConfigureAwait(false);
            }
        }
        catch (ObjectDisposedException)
        {
            // The bus closes, and opens no connection any more.
        }

        if (_own is not null)
        {
            await _own.DisposeAsync().ConfigureAwait(false);
        }
    }

    private bool MayPark =>
        _shared is not null
            && _connections.MayUnblock
            && _time.GetTimestamp() >= _awakeUntil
            && !Array.Exists(_bells, bell => bell.IsDenied);

    private bool IsIdle => _time.GetElapsedTime(_lastArrival) >= _patience;

    private bool IsHeard => Array.TrueForAll(_bells, bell => bell.IsHeard);

    private void Wake(bool rung)
    {
        TaskCompletionSource<bool>? waiter;
        lock (_lock)
        {
            _hasRung |= rung;
            (waiter, _waiter) = (_waiter, null);
        }

        waiter?.TrySetResult(rung);
    }

    /// <summary>Without an exception when it was in vain: hundreds wait like this for ever.</summary>
    private async ValueTask<bool> WaitAsync(TimeSpan longest, CancellationToken cancellationToken)
    {
        var waiter = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_hasRung)
            {
                return true;
            }

            _waiter = waiter;
        }

        _timer.Change(SharedTimerTick.After(_time, longest), Timeout.InfiniteTimeSpan);
        await using var _ = cancellationToken.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource<bool>)state!).TrySetCanceled(token),
            waiter).ConfigureAwait(false);
        return await waiter.Task.ConfigureAwait(false);
    }

    private void NoteTraffic(bool full)
    {
        var now = _time.GetTimestamp();
        if (_time.GetElapsedTime(_windowStart, now) > BusyWindow)
        {
            (_windowStart, _inWindow) = (now, 0);
        }

        if ((++_inWindow >= Busy || full) && _own is null && _opening is null && now >= _mayOpen)
        {
            _opening = _connections.OpenBlockingAsync(_purpose, CancellationToken.None).AsTask();
        }
    }

    private async ValueTask TakeAsync(Task<BlockingConnection> opened)
    {
        try
        {
            Awake(await opened.ConfigureAwait(false));
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error) || error is RedisMessagingException)
        {
            // It goes on as it is.
            _mayOpen = _time.GetTimestamp() + (long)(OpenRetry.TotalSeconds * _time.TimestampFrequency);
            Log.OwnConnectionFailed(_logger, _purpose, error);
        }
    }

    private void Awake(BlockingConnection own)
    {
        _own = own;
        _lastArrival = _time.GetTimestamp();
        // Traffic that is just too much to be parked, and too little to stay awake for, would open and close connections all the time.
        _patience = _parkedAt is { } parkedAt && _time.GetElapsedTime(parkedAt) < ShortNap
            ? Min(_patience * 2, MostPatience)
            : LeastPatience;
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
