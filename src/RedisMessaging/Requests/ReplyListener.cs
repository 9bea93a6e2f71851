using RedisMessaging.Background;
using RedisMessaging.Bus.Stopping;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.StreamReading;
using StackExchange.Redis;

namespace RedisMessaging.Requests;

/// <summary>
/// Reads the replies to this process's requests from a stream of its own: replies that are written while the connection is down are there
/// when it is back. One blocked XREAD reads it, from the first request on. What was read is removed. The stream ends with the process: by
/// DEL when it stops, else by its expiry, which every reply sets.
/// </summary>
internal sealed class ReplyListener(RedisConnections connections, string prefix, string instance, BusServices bus) : IAsyncDisposable
{
    private const string Beginning = StreamEnd.Beginning;

    private const int PageSize = 100;

    private static readonly TimeSpan MaxBlock = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MaxCloseTime = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private readonly PendingReplies _pending = new();
    private readonly ReplyRights _rights = new(connections, prefix, ReplyKey.Of(prefix, instance));
    private readonly CancellationTokenSource _stop = new();
    private readonly AdaptiveBlockTimeout _block = new(MaxBlock);
    private readonly Backoff _backoff = new(bus.Time, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
    private readonly ReadSize _size = new(bus.Time);
    private BlockingConnection? _connection;
    private Task? _running;
    private string _last = Beginning;
    private readonly List<RedisValue> _unremoved = [];

    public RedisKey Key { get; } = ReplyKey.Of(prefix, instance);

    /// <summary>How many requests wait.</summary>
    public int Count => _pending.Count;

    /// <summary>Starts reading, once. A reply that is written before is read all the same.</summary>
    /// <exception cref="RedisMessagingConfigurationException">An ACL denies what it takes.</exception>
    public async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, this);
            _running ??= BackgroundLoop.StartLasting(nameof(ReplyListener), bus.Logger, RunAsync, () => _stop.IsCancellationRequested);
        }

        await _rights.CheckAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <returns>False when a request with this id waits already.</returns>
    /// <exception cref="ObjectDisposedException">The bus is disposed: nothing would end the wait.</exception>
    public bool TryAdd(string requestId, TaskCompletionSource<ReadOnlyMemory<byte>> reply)
    {
        if (!_pending.TryAdd(requestId, reply))
        {
            return false;
        }

        if (_stop.IsCancellationRequested || connections.Stopping.IsCancellationRequested)
        {
            _pending.Remove(requestId);
            connections.ThrowIfStopping();
            throw BusDisposed.Error();
        }

        return true;
    }

    public void Remove(string requestId) => _pending.Remove(requestId);

    /// <inheritdoc cref="PendingReplies.EndAll"/>
    public void EndWaits() => _pending.EndAll();

    public async ValueTask DisposeAsync()
    {
        Task? running;
        lock (_lock)
        {
            _stop.Cancel();
            running = _running;
        }

        EndWaits();
        if (running is not null)
        {
            // Where CLIENT UNBLOCK is denied the read would last for seconds. It takes no message, so it may be cut off.
            await Task.WhenAny(running, Task.Delay(MaxCloseTime, bus.Time)).ConfigureAwait(false);
            if (_connection is not null)
            {
                await _connection.DisposeAsync().ConfigureAwait(false);
            }

            await running.ConfigureAwait(false);
            await DeleteAsync().ConfigureAwait(false);
        }
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                _connection ??= await connections.OpenBlockingAsync("replies", _stop.Token).ConfigureAwait(false);
                await ReadAsync(_connection).ConfigureAwait(false);
                _backoff.Reset();
            }
            catch (Exception) when (_stop.IsCancellationRequested || connections.Stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                // Whatever it was: without a reader all requests would time out.
                // It reads again from the beginning: a reply that was read before is ignored.
                _last = Beginning;
                _size.NoteFault();
                if (_backoff.IsReset)
                {
                    Log.RepliesFault(bus.Logger, error);
                }

                await WaitAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task WaitAsync()
    {
        try
        {
            await _backoff.WaitAsync(_stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The loop checks why.
        }
    }

    private async Task ReadAsync(BlockingConnection connection)
    {
        var block = _block.Next();
        var reply = await connection.BlockAsync(
            Key,
            block,
            "XREAD",
            ["COUNT", _size.CountFor(PageSize), "BLOCK", (long)block.TotalMilliseconds, "STREAMS", Key, _last],
            _stop.Token).ConfigureAwait(false);
        var count = Accept(XReadReply.EntriesOf(reply, Key.ToString()));
        if (count > 0)
        {
            _block.Shorten();
        }

        if (_unremoved.Count > 0 && (count == 0 || _unremoved.Count >= PageSize) && !_stop.IsCancellationRequested)
        {
            await RemoveReadAsync(connection).ConfigureAwait(false);
        }
    }

    private int Accept(ReadOnlySpan<RedisResult> entries)
    {
        var bytes = 0L;
        foreach (var entry in entries)
        {
            _last = (string)entry[0]!;
            _unremoved.Add(_last);
            var fields = (RedisValue[])entry[1]!;
            for (var i = 0; i + 1 < fields.Length; i += 2)
            {
                if (fields[i] == "m")
                {
                    bytes += fields[i + 1].Length();
                    if (!_pending.TryComplete(fields[i + 1]))
                    {
                        bus.Instruments.RepliesIgnored.Add(1);
                    }
                }
            }
        }

        _size.Note(entries.Length, bytes);
        return entries.Length;
    }

    /// <summary>
    /// Removes what was read, and starts again from the beginning: a stream that expired meanwhile, or was lost with its server, may begin
    /// with ids below the last one. Each id is named, since a trim up to the last one would remove replies that were not read yet.
    /// </summary>
    private async Task RemoveReadAsync(BlockingConnection connection)
    {
        var read = _unremoved.Distinct().ToArray();
        var removed = await connection.RunAsync("XDEL", database => database.StreamDeleteAsync(Key, read)).ConfigureAwait(false);
        if (removed < read.Length)
        {
            Log.RepliesBeginAgain(bus.Logger, Key.ToString(), read.Length, read.Length - removed);
        }

        _last = Beginning;
        _unremoved.Clear();
    }

    private async Task DeleteAsync()
    {
        if (!connections.IsOpen)
        {
            return;
        }

        try
        {
            await connections.SayGoodbyeAsync(database => database.KeyDeleteAsync(Key)).ConfigureAwait(false);
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error))
        {
            // It expires by itself.
            Log.RepliesFault(bus.Logger, error);
        }
    }
}
