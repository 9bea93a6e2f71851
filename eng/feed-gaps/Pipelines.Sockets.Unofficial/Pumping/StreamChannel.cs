using System.Buffers;
using System.Runtime.CompilerServices;

namespace Pipelines.Sockets.Unofficial.Pumping;

/// <summary>A stream, such as that of TLS.</summary>
internal sealed class StreamChannel(Stream stream) : ByteChannel
{
    private const int MaxAtOnce = 1 << 30;

    private readonly Stream _stream = stream;

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => _stream.ReadAsync(buffer);

    public override ValueTask<int> SendAsync(in ReadOnlySequence<byte> buffer)
        => WriteAsync(buffer.Length <= MaxAtOnce ? buffer : buffer.Slice(0, MaxAtOnce));

    public override void EndSend()
    {
        // A stream has one end only.
    }

    public override void Close()
    {
        try
        {
            _stream.Dispose();
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // It could not say goodbye; it is closed all the same.
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> WriteAsync(ReadOnlySequence<byte> buffer)
    {
        foreach (var memory in buffer)
        {
            if (!memory.IsEmpty)
            {
                await _stream.WriteAsync(memory).ConfigureAwait(false);
            }
        }

        await _stream.FlushAsync().ConfigureAwait(false);
        return (int)buffer.Length;
    }
}
