using System.Net.Sockets;

namespace Pipelines.Sockets.Unofficial.Pumping;

/// <summary>Why a pump ended: the first reason recorded, from whatever thread, stays.</summary>
internal sealed class ShutdownReason
{
    private int _kind;
    private int _socketError;

    public PipeShutdownKind Kind => (PipeShutdownKind)Volatile.Read(ref _kind);

    public SocketError SocketError => (SocketError)Volatile.Read(ref _socketError);

    public bool TryRecord(PipeShutdownKind kind)
        => Interlocked.CompareExchange(ref _kind, (int)kind, (int)PipeShutdownKind.None) == (int)PipeShutdownKind.None;

    /// <summary>Records the failure of a loop; false when the failure is only that our side closed.</summary>
    public bool TryRecordFailure(Exception exception, Direction direction)
    {
        if (exception is ObjectDisposedException)
        {
            TryRecord(direction.Disposed);
            return false;
        }

        if ((exception as SocketException ?? exception.InnerException as SocketException) is { } failure)
        {
            var error = failure.SocketErrorCode;
            if (error is SocketError.OperationAborted or SocketError.Interrupted)
            {
                TryRecord(direction.Disposed);
                return false;
            }

            Interlocked.CompareExchange(ref _socketError, (int)error, (int)SocketError.Success);
            TryRecord(direction.SocketError);
            return true;
        }

        TryRecord(exception is IOException ? direction.IOException : direction.Exception);
        return true;
    }
}
