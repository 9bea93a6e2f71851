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
/// Reads the bells of one hash slot, blocked. When what there is to read changes, the read is ended (<c>CLIENT UNBLOCK</c>) and begun anew;
/// changes that come close together are gathered, since a read takes time for each of its keys.
/// </summary>
internal sealed class WakeSignalListener(RedisConnections connections, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan LongestBlock = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestGoodbye = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan DeniedPause = TimeSpan.FromMinutes(1);

    // A key costs the server 1 to 2 µs a read: this keeps it free for nine tenths of the time, whatever rings.
    private static readonly TimeSpan LeastBetweenReads = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LeastPerKey = TimeSpan.FromMicroseconds(15);

    private readonly Lock _lock = new();
    private readonly HashSet<WakeSignal> _bells = [];
    private readonly AdaptiveBlockTimeout _block = new(LongestBlock);
    private readonly WakeSignalEnds _ends = new(time, logger);
    private readonly Backoff _backoff = new(time, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
    private readonly CancellationTokenSource _stop = new();
    private CancellationTokenSource _changed = new();
    private BlockingConnection? _connection;
    private Task? _running;
    private long _lastRead;
    private bool _stopping;
    private bool _toldDenied;

    public void Add(WakeSignal bell)
    {
        lock (_lock)
        {
            _bells.Add(bell);
            if (bell.Position is null)
            {
                return;
            }

            _running ??= BackgroundLoop.StartLasting(nameof(WakeSignalListener), logger, RunAsync, () => _stopping);
        }

        Change();
    }

    /// <summary>Rings once for what comes, or has come, behind the position.</summary>
    public void Set(WakeSignal bell, string position)
    {
        lock (_lock)
        {
            if (!bell.Set(position))
            {
                return;
            }

            _running ??= BackgroundLoop.StartLasting(nameof(WakeSignalListener), logger, RunAsync, () => _stopping);
        }

        Change();
    }

    /// <summary>The read that is under way goes on with it: there is no hurry.</summary>
    public void Unset(WakeSignal bell)
    {
        lock (_lock)
        {
            bell.Unset();
        }
    }

    public void Remove(WakeSignal bell)
    {
        lock (_lock)
        {
            _bells.Remove(bell);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task? running;
        lock (_lock)
        {
            _stopping = true;
            running = _running;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        Change();
        if (running is null)
        {
            return;
        }

        // Where CLIENT UNBLOCK is denied the read would go on for seconds. It takes nothing from anybody, so it may be cut off.
        await Task.WhenAny(running, Task.Delay(LongestGoodbye, time)).ConfigureAwait(false);
        if (_connection is not null)
        {
            await _connection.DisposeAsync().ConfigureAwait(false);
        }

        await running.ConfigureAwait(false);
    }

    private void Change()
    {
        CancellationTokenSource former;
        lock (_lock)
        {
            (former, _changed) = (_changed, new CancellationTokenSource());
        }

        // Not disposed: the reader may be about to use it, and it holds nothing.
        former.Cancel();
    }

    private async Task RunAsync()
    {
        while (true)
        {
            var (read, changed) = Begin();
            if (read is null)
            {
                return;
            }

            try
            {
                if (read.Count == 0)
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, time, changed).ConfigureAwait(false);
                }

                var rang = await ReadAsync(read, changed).ConfigureAwait(false);
                await LookForEndsAsync(read).ConfigureAwait(false);
                _backoff.Reset();
                await GatherAsync(read.Count, rang).ConfigureAwait(false);
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
                // Whatever it was: a reader that died would leave everybody to the slow look.
                await SurviveAsync(read, error, changed).ConfigureAwait(false);
            }
        }
    }

    /// <returns>What to read: for each key the bells on it and where each of them is set. Nothing when it is over.</returns>
    private (Dictionary<RedisKey, List<(WakeSignal Bell, string Position)>>? Read, CancellationToken Changed) Begin()
    {
        lock (_lock)
        {
            if (_stopping)
            {
                return (null, default);
            }

            var read = new Dictionary<RedisKey, List<(WakeSignal, string)>>();
            foreach (var bell in _bells)
            {
                if (bell.Position is { } position)
                {
                    if (!read.TryGetValue(bell.Key, out var bells))
                    {
                        read.Add(bell.Key, bells = new List<(WakeSignal, string)>(1));
                    }

                    bells.Add((bell, position));
                    bell.IsHeard = true;
                }
            }

            return (read, _changed.Token);
        }
    }

    /// <returns>Whether somebody was rung.</returns>
    private async Task<bool> ReadAsync(Dictionary<RedisKey, List<(WakeSignal Bell, string Position)>> read, CancellationToken changed)
    {
        _connection ??= await connections.OpenBlockingAsync("bells", changed).ConfigureAwait(false);
        var block = _block.Next();
        var arguments = new List<object>(5 + (2 * read.Count)) { "COUNT", 1, "BLOCK", (long)block.TotalMilliseconds, "STREAMS" };
        foreach (var key in read.Keys)
        {
            arguments.Add(key);
        }

        foreach (var bells in read.Values)
        {
            arguments.Add(Earliest(bells));
        }

        _lastRead = time.GetTimestamp();
        var reply = await _connection.BlockAsync(read.First().Key, block, "XREAD", arguments, changed).ConfigureAwait(false);
        var rang = false;
        foreach (var (key, bells) in read)
        {
            bells.ForEach(set => set.Bell.IsDenied = false);
            if (!reply.IsNull && XReadReply.EntriesOf(reply, key.ToString()) is { Length: > 0 } entries)
            {
                _block.Shorten();
                Ring(bells, (string)entries[^1][0]!);
                rang = true;
            }
        }

        return rang;
    }

    /// <summary>
    /// A stream that ends before it was read to is another one, which begins again: nothing would wake for what comes to it.
    /// </summary>
    private async Task LookForEndsAsync(Dictionary<RedisKey, List<(WakeSignal Bell, string Position)>> read)
    {
        foreach (var (bell, position) in await _ends.FindPassedAsync(_connection!, read).ConfigureAwait(false))
        {
            lock (_lock)
            {
                if (bell.Position == position)
                {
                    bell.Miss();
                }
            }
        }
    }

    private void Ring(List<(WakeSignal Bell, string Position)> bells, string entry)
    {
        foreach (var (bell, position) in bells)
        {
            bool rings;
            lock (_lock)
            {
                rings = bell.Take(position, entry);
            }

            if (rings)
            {
                bell.Ring();
            }
        }
    }

    /// <summary>Who was rung is about to be set anew, and others may be: that is one read then.</summary>
    private async Task GatherAsync(int keys, bool rang)
    {
        var wait = LeastBetweenReads + (LeastPerKey * keys) - time.GetElapsedTime(_lastRead);
        if (rang || wait > TimeSpan.Zero)
        {
            wait = wait > LeastBetweenReads ? wait : LeastBetweenReads;
            await Task.Delay(wait, time, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static string Earliest(List<(WakeSignal Bell, string Position)> bells)
    {
        var earliest = bells[0].Position;
        foreach (var (_, position) in bells)
        {
            earliest = WakeSignal.IsBehind(earliest, position) ? position : earliest;
        }

        return earliest;
    }

    private async Task SurviveAsync(
        Dictionary<RedisKey, List<(WakeSignal Bell, string Position)>> read,
        Exception error,
        CancellationToken changed)
    {
        if (RedisErrors.Classify(error) is FaultKind.WrongType && await LeaveOutStrangersAsync(read).ConfigureAwait(false))
        {
            return;
        }

        var denied = RedisErrors.IsDenied(error);
        foreach (var (bell, position) in read.Values.SelectMany(bells => bells))
        {
            bool rings;
            lock (_lock)
            {
                // Who waits for one ring has a look now, and comes back.
                rings = bell.IsDenied != denied || !bell.StaysSet;
                bell.Miss();
                bell.IsDenied = denied;
            }

            if (rings)
            {
                bell.Ring();
            }
        }

        if (denied && !_toldDenied)
        {
            _toldDenied = true;
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

    /// <summary>One key that is no stream any more would keep all the others from being read.</summary>
    private async Task<bool> LeaveOutStrangersAsync(Dictionary<RedisKey, List<(WakeSignal Bell, string Position)>> read)
    {
        var found = false;
        try
        {
            var keys = read.Keys.ToArray();
            var types = await _connection!.RunAsync(
                "TYPE",
                database => Task.WhenAll(keys.Select(key => database.KeyTypeAsync(key)))).ConfigureAwait(false);
            for (var i = 0; i < keys.Length; i++)
            {
                if (types[i] is RedisType.Stream or RedisType.None)
                {
                    continue;
                }

                foreach (var (bell, _) in read[keys[i]].Where(set => !set.Bell.StaysSet))
                {
                    found = true;
                    lock (_lock)
                    {
                        bell.Miss();
                        bell.IsDenied = true;
                    }

                    bell.Ring();
                }
            }
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error))
        {
        }

        return found;
    }
}
