using System.Threading.Tasks.Sources;
using RedisMessaging.Redis.Scripting;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Publishing.Batching;

/// <summary>
/// What one caller sends: one message, or some that were published in one call. Used again for other callers: a publish must not cost
/// objects of its own.
/// </summary>
/// <param name="batcher">Takes it back when its caller has its outcome; null for several messages.</param>
internal sealed class PendingPublish(PublishBatcher? batcher = null) : IValueTaskSource, IValueTaskSource<SendResult>
{
    private readonly OutgoingFrame[] _one = new OutgoingFrame[1];
    private readonly SendResult[] _result = new SendResult[1];

    /// <summary>Callers continue on other threads: completing hundreds of them must not run their code.</summary>
    private ManualResetValueTaskSourceCore<bool> _done = new() { RunContinuationsAsynchronously = true };

    public string Address { get; private set; } = "";

    public ReadOnlyMemory<OutgoingFrame> Frames { get; private set; }

    /// <summary>One for each frame, errors included.</summary>
    public Memory<SendResult> Results { get; private set; }

    /// <summary>It is sent by itself: several messages of one call, or messages that are stored all or none.</summary>
    public bool IsAtomic { get; private set; }

    /// <summary>False where an earlier part of the same call has used up the retry window.</summary>
    public bool MayRetry { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>
    /// It has a message that goes over another connection than small ones: what is behind it waits, or it would come before it.
    /// </summary>
    public bool IsLarge { get; private set; }

    public CancellationToken Cancellation { get; private set; }

    /// <summary>Its place in the order of all publishes of the topic.</summary>
    public long Number { get; set; }

    /// <summary>When it joined the queue: its retry window starts then.</summary>
    public long JoinedAt { get; set; }

    public PendingPublishState State { get; set; }

    /// <summary>Its results hold the outcome of an attempt.</summary>
    public bool WasAttempted { get; set; }

    /// <summary>An attempt may still lie with the connection, although a later one was answered.</summary>
    public bool WasSentAgain { get; set; }

    /// <summary>Its caller has cancelled it: there is no further attempt.</summary>
    public bool IsCancelled { get; set; }

    /// <summary>Its retry window has elapsed, or its caller has cancelled it.</summary>
    public bool RetryWindowElapsed { get; set; }

    public ValueTask Completion => new(this, _done.Version);

    /// <summary>The outcome of its one message. Await it once, and do not touch it afterwards.</summary>
    public ValueTask<SendResult> Outcome => new(this, _done.Version);

    public void Begin(string address, in OutgoingFrame frame, CancellationToken cancellationToken)
    {
        _one[0] = frame;
        _result[0] = default;
        Begin(address, _one, _result, SendScript.IsAllOrNone(_one), mayRetry: true, cancellationToken);
    }

    public void Begin(
        string address,
        ReadOnlyMemory<OutgoingFrame> frames,
        Memory<SendResult> results,
        bool mayRetry,
        CancellationToken cancellationToken) =>
        Begin(address, frames, results, isAtomic: true, mayRetry, cancellationToken);

    /// <summary>There is no further attempt.</summary>
    public void End()
    {
        State = PendingPublishState.Done;
        RetryWindowElapsed |= IsCancelled;
    }

    /// <summary>Completes the call of the publisher.</summary>
    public void Complete() => _done.SetResult(true);

    /// <summary>Returns the buffers of the frames to their pool.</summary>
    public void Recycle()
    {
        if (WasSentAgain)
        {
            return;
        }

        for (var i = 0; i < Frames.Length; i++)
        {
            if (Results.Span[i].Error is null)
            {
                Frames.Span[i].Recycle();
            }
        }
    }

    /// <summary>For the next caller.</summary>
    public void Reset()
    {
        _done.Reset();
        _one[0] = default;
        _result[0] = default;
        Frames = default;
        Results = default;
        Cancellation = default;
    }

    public void GetResult(short token) => _done.GetResult(token);

    SendResult IValueTaskSource<SendResult>.GetResult(short token)
    {
        _done.GetResult(token);
        var result = _result[0];
        batcher!.TakeBack(this);
        return result;
    }

    public ValueTaskSourceStatus GetStatus(short token) => _done.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _done.OnCompleted(continuation, state, token, flags);

    private void Begin(
        string address,
        ReadOnlyMemory<OutgoingFrame> frames,
        Memory<SendResult> results,
        bool isAtomic,
        bool mayRetry,
        CancellationToken cancellationToken)
    {
        Address = address;
        Frames = frames;
        Results = results;
        IsAtomic = isAtomic;
        MayRetry = mayRetry;
        Cancellation = cancellationToken;
        State = PendingPublishState.Waiting;
        (WasAttempted, WasSentAgain, IsCancelled, RetryWindowElapsed) = (false, false, false, false);
        Bytes = 0;
        IsLarge = false;
        foreach (ref readonly var frame in frames.Span)
        {
            Bytes += frame.Bytes.Length;
            IsLarge |= frame.IsLarge;
        }
    }
}
