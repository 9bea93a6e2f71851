using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Bus.Stopping;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.StreamReading;
using StackExchange.Redis;

namespace RedisMessaging.Redis.WakeSignals;

/// <summary>
/// Reads the wake signals of one hash slot with a blocking command. When what to read changes, it ends the read (<c>CLIENT UNBLOCK</c>)
/// and starts another one. It gathers changes that come close together, since a read takes time for each of its keys.
/// </summary>
internal sealed class WakeSignalListener(RedisConnections connections, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan MaxBlock = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MaxGoodbye = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan DeniedPause = TimeSpan.FromMinutes(1);

    // A key costs the server 1 to 2 µs a read: this keeps the server free for nine tenths of the time, whatever is signalled.
    private static readonly TimeSpan MinBetweenReads = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan MinPerKey = TimeSpan.FromMicroseconds(15);

    private readonly Lock _lock = new();
    private readonly SignalSet _signals = new();
    private readonly AdaptiveBlockTimeout _block = new(MaxBlock);
    private readonly WakeSignalEnds _ends = new(time, logger);
    private readonly Backoff _backoff = new(time, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
    private readonly CancellationTokenSource _stop = new();
    private CancellationTokenSource _changed = new();
    private BlockingConnection? _connection;
    private Task? _running;
    private long _lastRead;
    private bool _stopping;
    private bool _reportedDenied;

    public void Add(WakeSignal signal)
    {
        if (_signals.Add(signal))
        {
            Change();
        }
    }

    /// <summary>Signals once for what comes, or has come, after the position.</summary>
    public void Set(WakeSignal signal, string position)
    {
        if (_signals.Set(signal, position))
        {
            Change();
        }
    }

    /// <summary>The read in flight continues with it: ending the read would cost more.</summary>
    public void Unset(WakeSignal signal) => _signals.Unset(signal);

    public void Remove(WakeSignal signal) => _signals.Remove(signal);

    public async ValueTask DisposeAsync()
    {
        Task? running;
        lock (_lock)
        {
            _stopping = true;
            running = _running;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        EndRead();
        if (running is null)
        {
            return;
        }

        // Where CLIENT UNBLOCK is denied the read would go on for seconds. It takes nothing from anybody, so it may be cut off.
        await Task.WhenAny(running, Task.Delay(MaxGoodbye, time)).ConfigureAwait(false);
        if (_connection is not null)
        {
            await _connection.DisposeAsync().ConfigureAwait(false);
        }

        await running.ConfigureAwait(false);
    }

    /// <summary>There is something else to read from now on.</summary>
    private void Change()
    {
        lock (_lock)
        {
            _running ??= BackgroundLoop.StartLasting(nameof(WakeSignalListener), logger, RunAsync, () => _stopping);
        }

        EndRead();
    }

    private void EndRead()
    {
        CancellationTokenSource former;
        lock (_lock)
        {
            (former, _changed) = (_changed, new CancellationTokenSource());
        }

        // Not disposed: the loop may be about to use it, and it holds nothing.
        former.Cancel();
    }

    private async Task RunAsync()
    {
        while (true)
        {
            // Before the signals are collected: a later change ends the read.
            if (!TryBegin(out var changed))
            {
                return;
            }

            var read = _signals.BeginRead();

            try
            {
                if (read.Count == 0)
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, time, changed).ConfigureAwait(false);
                }

                var hasSignalled = await ReadAsync(read, changed).ConfigureAwait(false);
                await CheckEndsAsync(read).ConfigureAwait(false);
                _backoff.Reset();
                await GatherAsync(read.Count, hasSignalled).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (changed.IsCancellationRequested)
            {
            }
            catch (Exception error) when (BusDisposed.IsTold(error))
            {
                return;
            }
            catch (Exception error)
            {
                // Whatever it was: without this loop all waiters would depend on their slow checks.
                await RecoverAsync(read, error, changed).ConfigureAwait(false);
            }
        }
    }

    /// <returns>False once the listener is stopped.</returns>
    private bool TryBegin(out CancellationToken changed)
    {
        lock (_lock)
        {
            changed = _changed.Token;
            return !_stopping;
        }
    }

    /// <returns>Whether a signal was found.</returns>
    private async Task<bool> ReadAsync(Dictionary<RedisKey, List<(WakeSignal Signal, string Position)>> read, CancellationToken changed)
    {
        _connection ??= await connections.OpenBlockingAsync("bells", changed).ConfigureAwait(false);
        var block = _block.Next();
        var arguments = new List<object>(5 + (2 * read.Count)) { "COUNT", 1, "BLOCK", (long)block.TotalMilliseconds, "STREAMS" };
        foreach (var key in read.Keys)
        {
            arguments.Add(key);
        }

        foreach (var signals in read.Values)
        {
            arguments.Add(SignalSet.Earliest(signals));
        }

        _lastRead = time.GetTimestamp();
        var reply = await _connection.BlockAsync(read.First().Key, block, "XREAD", arguments, changed).ConfigureAwait(false);
        var hasSignalled = false;
        foreach (var (key, signals) in read)
        {
            signals.ForEach(set => set.Signal.IsDenied = false);
            if (!reply.IsNull && XReadReply.EntriesOf(reply, key.ToString()) is { Length: > 0 } entries)
            {
                _block.Shorten();
                _signals.Signal(signals, (string)entries[^1][0]!);
                hasSignalled = true;
            }
        }

        return hasSignalled;
    }

    /// <summary>
    /// A stream that ends before the position it was read to was created again: nothing would be signalled for its new entries.
    /// </summary>
    private async Task CheckEndsAsync(Dictionary<RedisKey, List<(WakeSignal Signal, string Position)>> read)
    {
        foreach (var (signal, position) in await _ends.FindPassedAsync(_connection!, read).ConfigureAwait(false))
        {
            _signals.Restart(signal, position);
        }
    }

    /// <summary>Consumers that were signalled register again at once, and others may follow: one read serves them all.</summary>
    private async Task GatherAsync(int keys, bool hasSignalled)
    {
        var wait = MinBetweenReads + (MinPerKey * keys) - time.GetElapsedTime(_lastRead);
        if (hasSignalled || wait > TimeSpan.Zero)
        {
            wait = wait > MinBetweenReads ? wait : MinBetweenReads;
            await Task.Delay(wait, time, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task RecoverAsync(
        Dictionary<RedisKey, List<(WakeSignal Signal, string Position)>> read,
        Exception error,
        CancellationToken changed)
    {
        if (RedisErrors.Classify(error) is FaultKind.WrongType
            && await ForeignKeys.LeaveOutAsync(_connection!, _signals, read).ConfigureAwait(false))
        {
            return;
        }

        var denied = RedisErrors.IsDenied(error);
        _signals.Fail(read.Values.SelectMany(signals => signals), denied);
        if (denied && !_reportedDenied)
        {
            _reportedDenied = true;
            Log.WakeSignalDenied(logger, error);
        }
        else if (!denied && _backoff.IsReset)
        {
            Log.WakeSignalFailed(logger, error);
        }

        try
        {
            // Consumers that were woken register again at once; without a delay that would be a tight loop of retries.
            await Task.Delay(denied ? DeniedPause : _backoff.Next(), time, denied ? changed : _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
        }
    }
}
