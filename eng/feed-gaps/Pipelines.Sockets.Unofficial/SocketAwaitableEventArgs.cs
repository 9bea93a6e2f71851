using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Pipelines.Sockets.Unofficial;

/// <summary>
/// A socket operation that can be awaited, by one awaiter at a time. When the operation ended synchronously its caller
/// says so with <see cref="Complete"/>; otherwise the socket does. <see cref="Abort"/> may come from any thread: the first
/// of the two wins, and the continuation runs once. An aborted operation stays aborted, since it may still run underneath.
/// </summary>
public class SocketAwaitableEventArgs : SocketAsyncEventArgs, ICriticalNotifyCompletion
{
    private const int StillPending = 0;
    private const int HasCompleted = 1;
    private const int WasAborted = 2;

    private static readonly Action Ended = static () => { };
    private static readonly Action<object?> Invoke = static state => ((Action)state!)();

    private readonly PipeScheduler? _scheduler;
    private Action? _continuation;
    private int _outcome;
    private SocketError _abortError;

    /// <summary>Continuations run on <paramref name="ioScheduler"/>, or where the operation ended when it is null.</summary>
    public SocketAwaitableEventArgs(PipeScheduler? ioScheduler = null)
        : base(true)
        => _scheduler = ReferenceEquals(ioScheduler, PipeScheduler.Inline) ? null : ioScheduler;

    /// <summary>Whether the operation has ended.</summary>
    public bool IsCompleted => ReferenceEquals(Volatile.Read(ref _continuation), Ended);

    /// <summary>This object is its own awaiter.</summary>
    public SocketAwaitableEventArgs GetAwaiter() => this;

    /// <summary>The bytes transferred, and ready for the next operation.</summary>
    /// <exception cref="SocketException">The operation failed or was aborted.</exception>
    public int GetResult()
    {
        if (!IsCompleted)
        {
            throw new InvalidOperationException("The socket operation has not ended.");
        }

        if (_outcome == WasAborted)
        {
            throw new SocketException((int)_abortError);
        }

        var error = SocketError;
        var transferred = BytesTransferred;
        _continuation = null;
        Volatile.Write(ref _outcome, StillPending);

        return error == SocketError.Success ? transferred : throw new SocketException((int)error);
    }

    /// <summary>The operation has ended: its result is the socket's.</summary>
    public void Complete()
    {
        if (Interlocked.CompareExchange(ref _outcome, HasCompleted, StillPending) == StillPending)
        {
            Publish();
        }
    }

    /// <summary>Ends the operation with <paramref name="error"/>, unless it has ended already.</summary>
    public void Abort(SocketError error = SocketError.OperationAborted)
    {
        if (Interlocked.CompareExchange(ref _outcome, WasAborted, StillPending) == StillPending)
        {
            _abortError = error;
            Publish();
        }
    }

    /// <inheritdoc/>
    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    /// <inheritdoc/>
    public void UnsafeOnCompleted(Action continuation)
    {
        ArgumentNullException.ThrowIfNull(continuation);
        var previous = Interlocked.CompareExchange(ref _continuation, continuation, null);
        if (ReferenceEquals(previous, Ended))
        {
            Run(continuation);
        }
        else if (previous is not null)
        {
            throw new InvalidOperationException("The socket operation is already awaited.");
        }
    }

    /// <inheritdoc/>
    protected override void OnCompleted(SocketAsyncEventArgs e) => Complete();

    private void Publish()
    {
        var continuation = Interlocked.Exchange(ref _continuation, Ended);
        if (continuation is not null)
        {
            Run(continuation);
        }
    }

    private void Run(Action continuation)
    {
        if (_scheduler is null)
        {
            continuation();
        }
        else
        {
            _scheduler.Schedule(Invoke, continuation);
        }
    }
}
