using System.Net.Sockets;
using RedisMessaging.Background;
using RedisMessaging.Publishing.Batching;

namespace RedisMessaging.Redis.Sockets;

/// <summary>
/// A socket's stream whose reads end on a thread that waits for them, and whose writes on the thread that asks for them: neither needs the
/// thread pool.
/// </summary>
internal sealed class OwnThreadStream : Stream
{
    /// <summary>What is written are renewals, some kilobytes: a link that does not take them is dead.</summary>
    private const int SendTimeoutMs = 5_000;

    private readonly NetworkStream _socket;
    private readonly object _lock = new();
    private TaskCompletionSource<int>? _wanted;
    private Memory<byte> _buffer;
    private bool _isClosed;

    public OwnThreadStream(Socket socket)
    {
        socket.SendTimeout = SendTimeoutMs;
        _socket = new NetworkStream(socket, ownsSocket: true);
        BackgroundLoop.StartThread("RedisMessaging leases reader", ReadAll);
    }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>One read at a time.</summary>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // What waits for it continues at once, on the thread that reads.
        var wanted = new TaskCompletionSource<int>();
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            (_wanted, _buffer) = (wanted, buffer);
            Monitor.Pulse(_lock);
        }

        return new ValueTask<int>(wanted.Task);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => _socket.Read(buffer, offset, count);

    public override int Read(Span<byte> buffer) => _socket.Read(buffer);

    public override void Write(byte[] buffer, int offset, int count) => _socket.Write(buffer, offset, count);

    public override void Write(ReadOnlySpan<byte> buffer) => _socket.Write(buffer);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _socket.Write(buffer.Span);
        return default;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        _socket.Write(buffer, offset, count);
        return Task.CompletedTask;
    }

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            lock (_lock)
            {
                _isClosed = true;
                Monitor.Pulse(_lock);
            }

            // Ends a read that waits.
            _socket.Dispose();
        }

        base.Dispose(disposing);
    }

    private void ReadAll()
    {
        while (NextWanted() is { } wanted)
        {
            try
            {
                wanted.SetResult(_socket.Read(_buffer.Span));
            }
            catch (Exception error)
            {
                // Waiters are notified. A continuation that throws has no caller to throw to.
                wanted.TrySetException(error);
            }
        }
    }

    private TaskCompletionSource<int>? NextWanted()
    {
        lock (_lock)
        {
            while (_wanted is null && !_isClosed)
            {
                Monitor.Wait(_lock);
            }

            var wanted = _isClosed ? null : _wanted;
            if (wanted is null)
            {
                _wanted?.TrySetException(new ObjectDisposedException(nameof(OwnThreadStream)));
            }

            _wanted = null;
            return wanted;
        }
    }
}
