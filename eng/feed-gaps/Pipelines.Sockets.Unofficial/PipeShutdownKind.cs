namespace Pipelines.Sockets.Unofficial;

/// <summary>Why a duplex pipe ended: the first reason seen stays.</summary>
public enum PipeShutdownKind
{
    /// <summary>It has not ended.</summary>
    None = 0,

    /// <summary>Its owner disposed it.</summary>
    PipeDisposed = 1,

    /// <summary>The peer sent all it had and closed.</summary>
    ReadEndOfStream = 100,

    /// <summary>The socket or stream was disposed under the receive loop.</summary>
    ReadDisposed = 101,

    /// <summary>Receiving failed with an <see cref="IOException"/>.</summary>
    ReadIOException = 102,

    /// <summary>Receiving failed with any other exception.</summary>
    ReadException = 103,

    /// <summary>Receiving failed with a socket error.</summary>
    ReadSocketError = 104,

    /// <summary>The reader was completed, so received bytes had nowhere to go.</summary>
    ReadFlushCompleted = 105,

    /// <summary>Handing over received bytes was cancelled.</summary>
    ReadFlushCanceled = 106,

    /// <summary>The peer takes no more.</summary>
    WriteEndOfStream = 200,

    /// <summary>The socket or stream was disposed under the send loop.</summary>
    WriteDisposed = 201,

    /// <summary>Sending failed with an <see cref="IOException"/>.</summary>
    WriteIOException = 203,

    /// <summary>Sending failed with any other exception.</summary>
    WriteException = 204,

    /// <summary>Sending failed with a socket error.</summary>
    WriteSocketError = 205,

    /// <summary>The reading side of the receive pipe was completed.</summary>
    InputReaderCompleted = 300,

    /// <summary>The writing side of the receive pipe was completed.</summary>
    InputWriterCompleted = 301,

    /// <summary>The reading side of the send pipe was completed.</summary>
    OutputReaderCompleted = 302,

    /// <summary>The writing side of the send pipe was completed: all was sent.</summary>
    OutputWriterCompleted = 303,

    /// <summary>The protocol on top ended it from the client's side.</summary>
    ProtocolExitClient = 400,

    /// <summary>The protocol on top ended it from the server's side.</summary>
    ProtocolExitServer = 401,
}
