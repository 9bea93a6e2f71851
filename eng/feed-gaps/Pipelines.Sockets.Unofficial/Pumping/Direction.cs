namespace Pipelines.Sockets.Unofficial.Pumping;

/// <summary>The reasons to end that one loop can record.</summary>
internal sealed record Direction(
    PipeShutdownKind Disposed,
    PipeShutdownKind IOException,
    PipeShutdownKind Exception,
    PipeShutdownKind SocketError)
{
    public static readonly Direction Read = new(
        PipeShutdownKind.ReadDisposed,
        PipeShutdownKind.ReadIOException,
        PipeShutdownKind.ReadException,
        PipeShutdownKind.ReadSocketError);

    public static readonly Direction Write = new(
        PipeShutdownKind.WriteDisposed,
        PipeShutdownKind.WriteIOException,
        PipeShutdownKind.WriteException,
        PipeShutdownKind.WriteSocketError);
}
