using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.WakeSignals;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Connections;

/// <summary>
/// The connection of one receive loop. While little comes it is shared: its reads do not block, all other idle loops use the same
/// connection, and between reads it waits for a wake signal. Once much comes it has a connection of its own, to block on. It gives that up
/// after a while without traffic. Only its loop uses it, one call at a time.
/// </summary>
internal sealed class ReadingConnection : IAsyncDisposable
{
    // A signal and the read that follows count each.
    private const int BusyCount = 6;
    private static readonly TimeSpan BusyWindow = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MinPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MaxPatience = TimeSpan.FromMinutes(2);
    /// <summary>A shorter time without a connection of its own means that giving it up did not pay.</summary>
    private static readonly TimeSpan ShortSharing = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan OpenRetry = TimeSpan.FromSeconds(5);

    private readonly RedisConnections _connections;
    private readonly string _purpose;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly BlockingConnection? _shared;
    private readonly WakeSignalWaiter _signals;
    private BlockingConnection? _own;
    private Task<BlockingConnection>? _opening;
    private TimeSpan _patience = MinPatience;
    private long _lastArrival;
    private long _windowStart;
    private int _inWindow;
    private long? _sharedSince;
    private long _awakeUntil = long.MinValue;
    private long _mayOpen = long.MinValue;

    private ReadingConnection(
        RedisConnections connections,
        string purpose,
        WakeSignalWaiter signals,
        BlockingConnection? shared,
        TimeProvider time,
        ILogger logger)
    {
        _connections = connections;
        _purpose = purpose;
        _time = time;
        _logger = logger;
        _shared = shared;
        _signals = signals;
        _lastArrival = time.GetTimestamp();
    }

    /// <param name="purpose">What is read, for the name of a connection of its own in CLIENT LIST.</param>
    /// <param name="signals">The streams of its wake signals, all in one slot; none when it always has a connection of its own.</param>
    public static async ValueTask<ReadingConnection> OpenAsync(
        RedisConnections connections,
        string purpose,
        RedisKey[] signals,
        TimeProvider time,
        ILogger logger,
        CancellationToken cancellationToken)
    {
        var isShared = signals.Length > 0 && connections.MayUnblock;
        var shared = signals.Length > 0 ? await connections.OpenSharedAsync(cancellationToken).ConfigureAwait(false) : null;
        var own = isShared ? null : await connections.OpenBlockingAsync(purpose, cancellationToken).ConfigureAwait(false);
        var waiter = new WakeSignalWaiter(connections.Bells, signals, time);
        return new ReadingConnection(connections, purpose, waiter, shared, time, logger) { _own = own };
    }

    /// <summary>It has no connection of its own: nothing may block. Stays so until <see cref="PrepareAsync"/>.</summary>
    public bool IsParked => _own is null;

    private BlockingConnection Current => _own ?? _shared!;

    /// <summary>Before a read: takes the connection that was opened meanwhile, or gives its own up.</summary>
    public async ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        if (_opening is { IsCompleted: true } opened)
        {
            _opening = null;
            await TakeAsync(opened).ConfigureAwait(false);
        }
        else if (_own is { } own && IsIdle && MayShare)
        {
            _own = null;
            _sharedSince = _time.GetTimestamp();
            await own.DisposeAsync().ConfigureAwait(false);
        }
        else if (_own is null && _opening is null && !MayShare)
        {
            Awake(await _connections.OpenBlockingAsync(_purpose, cancellationToken).ConfigureAwait(false));
        }
    }

    /// <summary>A read brought something.</summary>
    /// <param name="full">As much as it could: there is more.</param>
    public void NoteArrival(bool full)
    {
        _lastArrival = _time.GetTimestamp();
        CountTraffic(full);
    }

    /// <summary>Nothing signals what arrives: from now on, for so long, it blocks on a connection of its own.</summary>
    public void StayAwake(TimeSpan duration) =>
        _awakeUntil = _time.GetTimestamp() + (long)(duration.TotalSeconds * _time.TimestampFrequency);

    /// <summary>Runs one command that blocks only on a connection of its own.</summary>
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

    /// <summary>Waits for a wake signal, while the connection is shared.</summary>
    /// <param name="positions">For each stream, in their order, the entry after which it signals.</param>
    /// <returns>False without a signal: it is time to check all the same.</returns>
    public async ValueTask<bool> WaitForRingAsync(ReadOnlyMemory<string> positions, TimeSpan longest, CancellationToken cancellationToken)
    {
        if (_opening is not null)
        {
            // Soon it can wait where it is safe to.
            longest = longest < WakeSignalWaiter.UncertainWait ? longest : WakeSignalWaiter.UncertainWait;
        }

        var isSignalled = await _signals.WaitAsync(positions, longest, cancellationToken).ConfigureAwait(false);
        if (isSignalled)
        {
            CountTraffic(full: false);
        }

        return isSignalled;
    }

    public async ValueTask DisposeAsync()
    {
        await _signals.DisposeAsync().ConfigureAwait(false);
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

    private bool MayShare =>
        _shared is not null
            && _connections.MayUnblock
            && _time.GetTimestamp() >= _awakeUntil
            && !_signals.IsDenied;

    private bool IsIdle => _time.GetElapsedTime(_lastArrival) >= _patience;

    private void CountTraffic(bool full)
    {
        var now = _time.GetTimestamp();
        if (_time.GetElapsedTime(_windowStart, now) > BusyWindow)
        {
            (_windowStart, _inWindow) = (now, 0);
        }

        if ((++_inWindow >= BusyCount || full) && _own is null && _opening is null && now >= _mayOpen)
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
            // It stays as it is.
            _mayOpen = _time.GetTimestamp() + (long)(OpenRetry.TotalSeconds * _time.TimestampFrequency);
            Log.OwnConnectionFailed(_logger, _purpose, error);
        }
    }

    private void Awake(BlockingConnection own)
    {
        _own = own;
        _lastArrival = _time.GetTimestamp();
        // Traffic just too heavy for sharing, and too light for a connection, would open and close connections all the time.
        _patience = _sharedSince is { } sharedSince && _time.GetElapsedTime(sharedSince) < ShortSharing
            ? Durations.Min(_patience * 2, MaxPatience)
            : MinPatience;
    }
}
