using System.Buffers;

namespace Pipelines.Sockets.Unofficial.Pumping;

/// <summary>What a <see cref="DuplexPump"/> moves bytes through: a socket or a stream.</summary>
internal abstract class ByteChannel
{
    /// <summary>Fills the start of <paramref name="buffer"/>; zero at the end. An empty buffer waits for data.</summary>
    public abstract ValueTask<int> ReceiveAsync(Memory<byte> buffer);

    /// <summary>Sends from the start of <paramref name="buffer"/>, which is not empty, and tells how much it sent.</summary>
    public abstract ValueTask<int> SendAsync(in ReadOnlySequence<byte> buffer);

    /// <summary>Tells the peer that no more comes, where that is possible.</summary>
    public abstract void EndSend();

    /// <summary>Ends everything, pending operations included. Never throws, and may be called again.</summary>
    public abstract void Close();
}
