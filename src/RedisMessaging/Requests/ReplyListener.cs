using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Bus.Stopping;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.StreamReading;
using RedisMessaging.Serialization.Envelope;
using StackExchange.Redis;

namespace RedisMessaging.Requests;

/// <summary>
/// The replies to this process's requests: a stream of its own, so that what is answered while the connection is down is there when it is back, read by one blocked XREAD from the first
/// request on. What was read is removed, and the stream goes with the process: by DEL when it stops, else by its expiry, which every reply sets.
/// </summary>
internal sealed class ReplyListener(RedisConnections connections, string prefix, string instance, TimeProvider time, ILogger logger, Instruments instruments) : IAsyncDisposable
{
    private const int PageSize = 100;
    private const string Beginning = StreamEnd.Beginning;

    private static readonly TimeSpan LongestBlock = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestGoodbye = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<ReadOnlyMemory<byte>>> _pending = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly AdaptiveBlockTimeout _block = new(LongestBlock);
    private readonly Backoff _backoff = new(time, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
    private readonly ReadSize _size = new(time);
    private volatile bool _mayRead;
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
            _running ??= BackgroundLoop.StartLasting(nameof(ReplyListener), logger, RunAsync, () => _stop.IsCancellationRequested);
        }

        if (!_mayRead)
        {
            await CheckRightsAsync(cancellationToken).ConfigureAwait(false);
        }
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
            _pending.TryRemove(requestId, out _);
            connections.ThrowIfStopping();
            throw BusDisposed.Error();
        }

        return true;
    }

    public void Remove(string requestId) => _pending.TryRemove(requestId, out _);

    /// <summary>Tells those who wait that no reply will come any more.</summary>
    public void EndWaits()
    {
        foreach (var pending in _pending.Values)
        {
            pending.TrySetException(BusDisposed.Error("The bus was disposed while a request waited for its reply."));
        }
    }

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
            // Where CLIENT UNBLOCK is denied the read would go on for seconds. It takes nothing from anybody, so it may be cut off.
            await Task.WhenAny(running, Task.Delay(LongestGoodbye, time)).ConfigureAwait(false);
            if (_connection is not null)
            {
                await _connection.DisposeAsync().ConfigureAwait(false);
            }

            await running.ConfigureAwait(false);
            await DeleteAsync().ConfigureAwait(false);
        }
    }

    /// <summary>What the reader would find out in silence: asked now, so that the first asker is told.</summary>
    private async Task CheckRightsAsync(CancellationToken cancellationToken)
    {
        var database = await connections.ConnectAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await Task.WhenAll(
                database.ExecuteAsync("XREAD", ["COUNT", 1, "STREAMS", Key, Beginning]),
                database.ExecuteAsync("XDEL", [Key, Beginning])).WaitAsync(cancellationToken).ConfigureAwait(false);
            _mayRead = true;
        }
        catch (Exception error) when (RedisErrors.Classify(error) is FaultKind.NoPermission)
        {
            throw new RedisMessagingConfigurationException(
                $"Requests need a stream for their replies, and Redis refuses user '{connections.User}' the key '{Key}' or a command on it (XREAD, XDEL, DEL). {BoundedText.MessageOf(error)}. {AclAdvice.For(BoundedText.MessageOf(error), connections.User, ReplyKey.PatternOf(prefix), "")}",
                error);
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error))
        {
            // Away for now: the reader waits for it, as publishing does.
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
                // Whatever it was: a reader that died would have all requests time out. Read again from the beginning: a reply that was had before is ignored.
                _last = Beginning;
                _size.NoteFault();
                if (_backoff.IsReset)
                {
                    Log.RepliesFault(logger, error);
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
            // The loop tells.
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
                    Accept(fields[i + 1]);
                }
            }
        }

        _size.Note(entries.Length, bytes);
        return entries.Length;
    }

    private void Accept(ReadOnlyMemory<byte> frame)
    {
        // Late, or not the first one.
        if (EnvelopeReader.ReadIfPossible(frame, out _) is not { InReplyTo: { } requestId } || !_pending.TryRemove(requestId, out var pending) || !pending.TrySetResult(frame))
        {
            instruments.RepliesIgnored.Add(1);
        }
    }

    /// <summary>
    /// Removes what was read, and begins again from the beginning: a stream that expired meanwhile, or was lost with its server, may begin with ids that are lower than the last one. One by
    /// one, since everything up to the last one would take replies with it that nothing has read yet.
    /// </summary>
    private async Task RemoveReadAsync(BlockingConnection connection)
    {
        var read = _unremoved.Distinct().ToArray();
        var removed = await connection.RunAsync("XDEL", database => database.StreamDeleteAsync(Key, read)).ConfigureAwait(false);
        if (removed < read.Length)
        {
            Log.RepliesBeginAgain(logger, Key.ToString(), read.Length, read.Length - removed);
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
            Log.RepliesFault(logger, error);
        }
    }
}
