using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Pipelines.Sockets.Unofficial.Pumping;

/// <summary>A connected socket.</summary>
internal sealed class SocketChannel(Socket socket) : ByteChannel
{
    // Well under what one system call takes.
    private const int MaxGathered = 64;

    private readonly Socket _socket = socket;
    private readonly List<ArraySegment<byte>> _gathered = [];
    private SocketAwaitableEventArgs? _gatherArgs;

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => _socket.ReceiveAsync(buffer, SocketFlags.None);

    public override ValueTask<int> SendAsync(in ReadOnlySequence<byte> buffer)
    {
        if (buffer.IsSingleSegment)
        {
            return _socket.SendAsync(buffer.First, SocketFlags.None);
        }

        var first = Gather(buffer);
        return _gathered.Count > 1 ? SendGatheredAsync() : _socket.SendAsync(first, SocketFlags.None);
    }

    public override void EndSend()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It is gone already.
        }
    }

    public override void Close()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It is gone already.
        }

        _socket.Dispose();
    }

    // Gathers the arrays at the start of the buffer, and gives its first piece, which may be no array.
    private ReadOnlyMemory<byte> Gather(in ReadOnlySequence<byte> buffer)
    {
        _gathered.Clear();
        var first = ReadOnlyMemory<byte>.Empty;
        foreach (var memory in buffer)
        {
            // A pipe's buffer may begin with a piece that is used up.
            if (memory.IsEmpty)
            {
                continue;
            }

            if (first.IsEmpty)
            {
                first = memory;
            }

            if (_gathered.Count == MaxGathered || !MemoryMarshal.TryGetArray(memory, out var segment))
            {
                break;
            }

            _gathered.Add(segment);
        }

        return first;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> SendGatheredAsync()
    {
        var args = _gatherArgs ??= new SocketAwaitableEventArgs();
        args.BufferList = _gathered;
        if (!_socket.SendAsync(args))
        {
            args.Complete();
        }

        return await args;
    }
}
