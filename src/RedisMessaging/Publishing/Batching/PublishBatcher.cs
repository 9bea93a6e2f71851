using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Diagnostics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Publishing.Batching;

/// <summary>
/// Sends the publishes of a topic: those that come at the same time go together, as one command or script. A caller that is alone sends at
/// once, on its own thread. While batches are in flight callers queue up, until as many wait as are in flight or a batch comes back.
/// Nothing waits for a timer, and several batches may be in flight. What the link carries in about a second bounds them
/// (<see cref="PublishWindow"/>); beyond that callers wait for their turn.
/// </summary>
internal sealed class PublishBatcher : IThreadPoolWorkItem
{
    private const int MaxPooled = 1_024;

    private readonly ITransport _transport;
    private readonly PublishQueue _queue;
    private readonly ConcurrentQueue<PendingPublish> _pool = new();

    /// <param name="retryWindow">How long after it was published another attempt at a message may begin; zero: never.</param>
    public PublishBatcher(TopicDefinition topic, ITransport transport, TimeSpan retryWindow, BusServices services)
    {
        _transport = transport;
        _queue = new PublishQueue(topic, retryWindow, services.Time);
        _ = new PublishRetrier(topic, transport, _queue, services);
    }

    /// <summary>Sends a frame and takes ownership of it: its buffer is recycled.</summary>
    /// <returns>The outcome, an error included.</returns>
    /// <exception cref="OperationCanceledException">Cancelled before it was sent.</exception>
    public ValueTask<SendResult> SendAsync(string address, in OutgoingFrame frame, CancellationToken cancellationToken)
    {
        var entry = _pool.TryDequeue(out var pooled) ? pooled : new PendingPublish(this);
        entry.Begin(address, frame, cancellationToken);
        if (cancellationToken.CanBeCanceled)
        {
            return SendOneAsync(entry);
        }

        return Join(entry) is { } alone ? SendAloneAsync(alone, entry) : entry.Outcome;
    }

    /// <summary>A caller has its result: its entry may be used for another one.</summary>
    public void TakeBack(PendingPublish entry)
    {
        entry.Recycle();
        // A cancelled entry may still be in the queue.
        if (!entry.IsCancelled && _pool.Count < MaxPooled)
        {
            entry.Reset();
            _pool.Enqueue(entry);
        }
    }

    /// <summary>
    /// Sends frames in their order and takes ownership of them. Frames that are sent again come after those that are not, in their order.
    /// </summary>
    /// <param name="results">One for each frame, errors included.</param>
    /// <param name="mayRetry">False where an earlier part of the same call has used up the retry window.</param>
    /// <returns>Whether another part of the same call may be retried.</returns>
    /// <exception cref="OperationCanceledException">Cancelled before anything was sent.</exception>
    public async ValueTask<bool> SendManyAsync(
        string address,
        ReadOnlyMemory<OutgoingFrame> frames,
        Memory<SendResult> results,
        bool mayRetry,
        CancellationToken cancellationToken)
    {
        var entry = new PendingPublish();
        entry.Begin(address, frames, results, mayRetry, cancellationToken);
        await SendAsync(entry).ConfigureAwait(false);
        entry.Recycle();
        return mayRetry && !entry.RetryWindowElapsed;
    }

    /// <summary>The bus is disposed: nothing is sent any more, and callers that wait end. Batches in flight still come back.</summary>
    public void Close()
    {
        foreach (var entry in _queue.Close())
        {
            entry.Complete();
        }
    }

    /// <summary>Sends what waits, a batch at a time.</summary>
    void IThreadPoolWorkItem.Execute() => SendWaiting();

    private void SendWaiting()
    {
        for (var isFirst = true; _queue.TakeBatch(isFirst) is { } batch; isFirst = false)
        {
            // Not awaited: publishes that come meanwhile need not wait for the reply. It throws nothing.
            _ = SendBatchAsync(batch, batch.Cancelled).AsTask();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<SendResult> SendOneAsync(PendingPublish entry)
    {
        await SendAsync(entry).ConfigureAwait(false);
        var result = entry.Results.Span[0];
        TakeBack(entry);
        return result;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<SendResult> SendAloneAsync(PublishBatch alone, PendingPublish entry)
    {
        await SendBatchAsync(alone, alone.Cancelled).ConfigureAwait(false);
        return await entry.Outcome.ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendAsync(PendingPublish entry)
    {
        entry.Cancellation.ThrowIfCancellationRequested();
        if (Join(entry) is { } alone)
        {
            await SendBatchAsync(alone, alone.Cancelled).ConfigureAwait(false);
        }

        var completion = entry.Completion;
        if (completion.IsCompleted || !entry.Cancellation.CanBeCanceled)
        {
            await completion.ConfigureAwait(false);
        }
        else
        {
            await using var registration = entry.Cancellation.UnsafeRegister(
                static (state, _) => ((PublishCancellation)state!).Run(),
                new PublishCancellation(_queue, entry)).ConfigureAwait(false);
            await completion.ConfigureAwait(false);
        }

        if (entry.IsCancelled && !entry.WasAttempted)
        {
            throw new OperationCanceledException(entry.Cancellation);
        }
    }

    /// <summary>Adds an entry to the queue, or returns it as a batch of its own when no other one is there.</summary>
    private PublishBatch? Join(PendingPublish entry)
    {
        var alone = _queue.Join(entry, out var startsSending);
        if (startsSending)
        {
            // After what the pool already has to do: those are mostly other callers that are about to publish.
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        return alone;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendBatchAsync(PublishBatch batch, CancellationToken cancellationToken)
    {
        try
        {
            batch.CollectFrames();
            await _transport.SendAsync(batch.Address, batch.Frames, batch.Results, cancellationToken).ConfigureAwait(false);
            PublishRetryRules.MarkPossiblyStored(batch.Results.Span);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // All callers have cancelled before anything was sent.
            batch.Entries.ForEach(entry => entry.IsCancelled = true);
            Complete(batch, wasAttempted: false);
            return;
        }
        catch (Exception error)
        {
            // A transport throws only before it has sent anything.
            batch.Results.Span.Fill(new SendResult(Error: error));
        }

        batch.DistributeResults();
        Complete(batch, wasAttempted: true);
    }

    /// <summary>Completes the calls of a batch, save those that are sent again.</summary>
    private void Complete(PublishBatch batch, bool wasAttempted)
    {
        if (_queue.Complete(batch, wasAttempted))
        {
            // Before callers that continue now queue up for the next batch.
            SendWaiting();
        }

        foreach (var entry in batch.Entries)
        {
            entry.Complete();
        }

        _queue.Return(batch);
    }
}
