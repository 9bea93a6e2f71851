using Microsoft.Extensions.Logging;
using RedisMessaging.Diagnostics;

namespace RedisMessaging.Connections;

/// <summary>Reads the bells of one hash slot, blocked. When their number changes, the read is ended (<c>CLIENT UNBLOCK</c>) and begun anew.</summary>
internal sealed class BellReader(RedisConnections connections, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan LongestBlock = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestGoodbye = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan DeniedPause = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly List<Bell> _bells = [];
    private readonly BlockTime _block = new(LongestBlock);
    private readonly Backoff _backoff = new(time, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
    private CancellationTokenSource _changed = new();
    private BlockingConnection? _connection;
    private Task? _running;
    private bool _stopping;
    private bool _toldDenied;

    public void Add(Bell bell)
    {
        lock (_lock)
        {
            _bells.Add(bell);
            _running ??= Task.Run(RunAsync);
        }

        Change();
    }

    public void Remove(Bell bell)
    {
        lock (_lock)
        {
            _bells.Remove(bell);
        }

        Change();
    }

    public async ValueTask DisposeAsync()
    {
        Task? running;
        lock (_lock)
        {
            _stopping = true;
            running = _running;
        }

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
            Bell[] bells;
            CancellationToken changed;
            lock (_lock)
            {
                if (_stopping)
                {
                    return;
                }

                bells = [.. _bells];
                changed = _changed.Token;
            }

            try
            {
                if (bells.Length == 0)
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, time, changed).ConfigureAwait(false);
                }

                await ReadAsync(bells, changed).ConfigureAwait(false);
                _backoff.Reset();
            }
            catch (OperationCanceledException) when (changed.IsCancellationRequested)
            {
            }
            catch (Exception error)
            {
                // Whatever it was: a reader that died would leave everybody to the slow look.
                await SurviveAsync(bells, error, changed).ConfigureAwait(false);
            }
        }
    }

    private async Task ReadAsync(Bell[] bells, CancellationToken changed)
    {
        _connection ??= await connections.OpenBlockingAsync("bells", LongestBlock, changed).ConfigureAwait(false);
        var block = _block.Next();
        object[] arguments = ["COUNT", 1, "BLOCK", (long)block.TotalMilliseconds, "STREAMS", .. bells.Select(bell => (object)bell.Key), .. bells.Select(bell => (object)bell.LastId)];
        var reply = await _connection.BlockAsync(bells[0].Key, block, "XREAD", arguments, changed).ConfigureAwait(false);
        foreach (var bell in bells)
        {
            bell.IsDenied = false;
            var entries = XReadReply.EntriesOf(reply, bell.Key.ToString());
            if (entries.Length > 0)
            {
                bell.LastId = (string)entries[^1][0]!;
                _block.Shorten();
                bell.Ring();
            }
        }
    }

    private async Task SurviveAsync(Bell[] bells, Exception error, CancellationToken changed)
    {
        var denied = RedisErrors.IsDenied(error);
        foreach (var bell in bells)
        {
            // A ring may have gone by; the last one is still there to be read.
            bell.LastId = Bell.Beginning;
            if (bell.IsDenied != denied)
            {
                bell.IsDenied = denied;
                bell.Ring();
            }
        }

        if (denied && !_toldDenied)
        {
            _toldDenied = true;
            Log.BellDenied(logger, error);
        }
        else if (!denied && _backoff.IsReset)
        {
            Log.BellFailed(logger, error);
        }

        try
        {
            await Task.Delay(denied ? DeniedPause : _backoff.Next(), time, changed).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
        }
    }
}
