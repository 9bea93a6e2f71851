using System.IO.Pipelines;

namespace Pipelines.Sockets.Unofficial;

/// <summary>A duplex pipe that counts its bytes.</summary>
public interface IMeasuredDuplexPipe : IDuplexPipe
{
    /// <summary>Bytes given to the socket or stream so far.</summary>
    long TotalBytesSent { get; }

    /// <summary>Bytes taken from the socket or stream so far.</summary>
    long TotalBytesReceived { get; }
}
