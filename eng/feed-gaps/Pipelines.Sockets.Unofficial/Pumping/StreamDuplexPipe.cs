using System.IO.Pipelines;

namespace Pipelines.Sockets.Unofficial.Pumping;

/// <summary>A duplex pipe over a stream.</summary>
internal sealed class StreamDuplexPipe(DuplexPump pump, string? name) : IMeasuredDuplexPipe, IDisposable
{
    public PipeReader Input => pump.Input;

    public PipeWriter Output => pump.Output;

    public long TotalBytesSent => pump.Sent;

    public long TotalBytesReceived => pump.Received;

    /// <summary>Ends when both loops have ended and the stream is closed.</summary>
    internal Task Ended => pump.Ended;

    public void Dispose() => pump.Dispose();

    public override string ToString() => name ?? nameof(StreamDuplexPipe);
}
