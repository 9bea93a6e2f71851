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
        => buffer.IsSingleSegment || !TryGather(buffer)
            ? _socket.SendAsync(buffer.First, SocketFlags.None)
            : SendGatheredAsync();

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

    private bool TryGather(in ReadOnlySequence<byte> buffer)
    {
        _gathered.Clear();
        foreach (var memory in buffer)
        {
            if (!MemoryMarshal.TryGetArray(memory, out var segment))
            {
                return false;
            }

            if (segment.Count > 0)
            {
                _gathered.Add(segment);
                if (_gathered.Count == MaxGathered)
                {
                    break;
                }
            }
        }

        return true;
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
