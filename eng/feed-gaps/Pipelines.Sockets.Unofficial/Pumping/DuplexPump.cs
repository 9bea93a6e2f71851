using System.IO.Pipelines;

namespace Pipelines.Sockets.Unofficial.Pumping;

/// <summary>
/// Two pipes and the two loops that move their bytes through a <see cref="ByteChannel"/>. When both loops have ended,
/// the channel is closed.
/// </summary>
internal sealed class DuplexPump
{
    private const int LeastReceive = 1024;
    private const int LeastAfterFull = 4 * 1024;
    private const int MostAfterFull = 64 * 1024;

    private readonly ByteChannel _channel;
    private readonly Pipe _send;
    private readonly Pipe _receive;
    private readonly bool _zeroLengthReads;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _running = 2;
    private int _disposed;
    private long _sent;
    private long _received;
    private int _lastReceived;

    private DuplexPump(ByteChannel channel, PipeOptions send, PipeOptions receive, bool zeroLengthReads)
    {
        _channel = channel;
        _send = new Pipe(send);
        _receive = new Pipe(receive);
        _zeroLengthReads = zeroLengthReads;
    }

    public PipeReader Input => _receive.Reader;

    public PipeWriter Output => _send.Writer;

    public ShutdownReason Reason { get; } = new();

    public long Sent => Volatile.Read(ref _sent);

    public long Received => Volatile.Read(ref _received);

    public int LastReceived => Volatile.Read(ref _lastReceived);

    public long WaitingToBeSent => PipeLength.Of(_send);

    public long WaitingToBeRead => PipeLength.Of(_receive);

    /// <summary>Ends when both loops have ended and the channel is closed.</summary>
    public Task Ended => _ended.Task;

    private bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    public static DuplexPump Start(
        ByteChannel channel,
        PipeOptions? send,
        PipeOptions? receive,
        bool zeroLengthReads = false)
    {
        send ??= PipeOptions.Default;
        receive ??= PipeOptions.Default;
        var pump = new DuplexPump(channel, send, receive, zeroLengthReads);

        send.ReaderScheduler.Schedule(static state => _ = ((DuplexPump)state!).SendLoopAsync(), pump);
        receive.WriterScheduler.Schedule(static state => _ = ((DuplexPump)state!).ReceiveLoopAsync(), pump);
        return pump;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        Reason.TryRecord(PipeShutdownKind.PipeDisposed);
        _channel.Close();
        _send.Reader.CancelPendingRead();
        _receive.Writer.CancelPendingFlush();
    }

    private async Task ReceiveLoopAsync()
    {
        var writer = _receive.Writer;
        Exception? error = null;
        try
        {
            var wanted = LeastReceive;
            while (true)
            {
                if (_zeroLengthReads)
                {
                    await _channel.ReceiveAsync(Memory<byte>.Empty).ConfigureAwait(false);
                }

                var memory = writer.GetMemory(wanted);
                var count = await _channel.ReceiveAsync(memory).ConfigureAwait(false);
                if (count <= 0)
                {
                    Reason.TryRecord(PipeShutdownKind.ReadEndOfStream);
                    break;
                }

                // A full buffer means that more waits: take it in fewer calls.
                wanted = count < memory.Length ? LeastReceive : Math.Clamp(memory.Length * 2, LeastAfterFull, MostAfterFull);
                writer.Advance(count);
                Volatile.Write(ref _lastReceived, count);
                Volatile.Write(ref _received, _received + count);

                var flushed = await writer.FlushAsync().ConfigureAwait(false);
                if (flushed.IsCompleted || flushed.IsCanceled)
                {
                    Reason.TryRecord(flushed.IsCompleted
                        ? PipeShutdownKind.ReadFlushCompleted
                        : PipeShutdownKind.ReadFlushCanceled);
                    break;
                }
            }
        }
        catch (Exception exception)
        {
            // Our own closing is no error to the reader.
            if (Reason.TryRecordFailure(exception, Direction.Read) && !IsDisposed)
            {
                error = Reason.Kind == PipeShutdownKind.ReadSocketError
                    ? new ConnectionResetException(exception.Message, exception)
                    : exception;
            }
        }

        await writer.CompleteAsync(error).ConfigureAwait(false);
        LoopEnded();
    }

    private async Task SendLoopAsync()
    {
        var reader = _send.Reader;
        Exception? error = null;
        try
        {
            while (true)
            {
                var result = await reader.ReadAsync().ConfigureAwait(false);
                if (result.IsCanceled || IsDisposed)
                {
                    error = new ConnectionResetException();
                    break;
                }

                var buffer = result.Buffer;
                if (buffer.IsEmpty)
                {
                    if (result.IsCompleted)
                    {
                        Reason.TryRecord(PipeShutdownKind.OutputWriterCompleted);
                        _channel.EndSend();
                        break;
                    }

                    reader.AdvanceTo(buffer.End);
                    continue;
                }

                var count = await _channel.SendAsync(buffer).ConfigureAwait(false);
                if (count <= 0)
                {
                    Reason.TryRecord(PipeShutdownKind.WriteEndOfStream);
                    error = new ConnectionResetException();
                    break;
                }

                Volatile.Write(ref _sent, _sent + count);
                reader.AdvanceTo(buffer.GetPosition(count));
            }
        }
        catch (Exception exception)
        {
            // Whatever it was, the next flush has to learn that the connection is gone.
            Reason.TryRecordFailure(exception, Direction.Write);
            error = new ConnectionResetException(exception.Message, exception);
        }

        await reader.CompleteAsync(error).ConfigureAwait(false);
        LoopEnded();
    }

    private void LoopEnded()
    {
        if (Interlocked.Decrement(ref _running) == 0)
        {
            _channel.Close();
            _ended.TrySetResult();
        }
    }
}
