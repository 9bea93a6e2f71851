using RedisMessaging.Configuration.Topics;

namespace RedisMessaging.Publishing.Batching;

/// <summary>
/// Decides in which order and in which batches the publishes of a topic are sent, and which of them are sent again. It holds the lock of
/// all that state. It neither sends nor waits.
/// </summary>
/// <param name="retryWindow">How long after it was published another attempt at a message may begin; zero: never.</param>
internal sealed class PublishQueue(TopicDefinition topic, TimeSpan retryWindow, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Queue<PendingPublish> _waiting = new();
    private readonly InFlightBatches _inFlight = new(time);
    private readonly Stack<PublishBatch> _pool = new();
    private readonly FailedPublishes _failed = new(new RetryWindow(topic, retryWindow, time), time);
    private long _joined;

    /// <summary>A thread of the pool sends what waits, or is about to.</summary>
    private bool _isSending;

    /// <summary>The last batch carried several publishes: more are probably about to join.</summary>
    private bool _expectsMore;

    /// <summary>The waiting publishes have different addresses, so that nothing is gained by waiting for more.</summary>
    private bool _isMixed;

    private bool _isClosed;

    /// <summary>Called under the lock when something has to be sent again and nothing sends it yet.</summary>
    public Action? RetryNeeded { get => _failed.RetryNeeded; set => _failed.RetryNeeded = value; }

    /// <summary>Adds a publish.</summary>
    /// <param name="startsSending">The caller has to have a thread of the pool send what waits.</param>
    /// <returns>A batch of this publish alone, for its caller to send, when no other publish is waiting or in flight.</returns>
    public PublishBatch? Join(PendingPublish entry, out bool startsSending)
    {
        startsSending = false;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(RedisMessageBus));
            entry.Number = ++_joined;
            entry.JoinedAt = time.GetTimestamp();
            if (_failed.Holds(entry.Address))
            {
                _failed.Append(entry);
                return null;
            }

            if (_inFlight.Count == 0 && _waiting.Count == 0 && !_expectsMore)
            {
                var batch = Rent();
                batch.TryAdd(entry);
                _inFlight.Add(batch);
                return batch;
            }

            _waiting.Enqueue(entry);
            startsSending = !_isSending && IsWorthABatch();
            _isSending |= startsSending;
            return null;
        }
    }

    /// <summary>Takes the next batch of waiting publishes.</summary>
    /// <param name="isFirst">Whether it is taken however few are waiting.</param>
    /// <returns><see langword="null"/> when the sending thread is no longer needed.</returns>
    public PublishBatch? TakeBatch(bool isFirst)
    {
        lock (_lock)
        {
            var batch = isFirst || IsWorthABatch() ? TakeNext() : null;
            _isSending &= batch is not null;
            return batch;
        }
    }

    /// <summary>A batch has come back. Keeps those of its publishes that are sent again; the caller completes the others.</summary>
    /// <returns>Whether the caller has to send what waits.</returns>
    public bool Complete(PublishBatch batch, bool wasAttempted)
    {
        lock (_lock)
        {
            _inFlight.Remove(batch);
            _expectsMore = batch.Entries.Count > 1;
            batch.Entries.ForEach(wasAttempted ? static entry => entry.WasAttempted = true : static entry => entry.WasAttempted = false);

            if (batch.HasFailed)
            {
                batch.Entries.RemoveAll(_failed.TryTake);
            }

            foreach (var entry in batch.Entries)
            {
                entry.End();
                if (_isClosed)
                {
                    PublishRetryRules.CloseFailed(entry.Results.Span);
                }
            }

            var startsSending = !_isSending && _waiting.Count > 0 && HasRoom();
            _isSending |= startsSending;
            return startsSending;
        }
    }

    /// <summary>The publishes of a batch are completed: the batch may be used for others.</summary>
    public void Return(PublishBatch batch)
    {
        batch.Reset();
        lock (_lock)
        {
            _pool.Push(batch);
        }
    }

    /// <summary>A caller has cancelled its publish.</summary>
    /// <returns>Whether the publish ends now, and has to be completed.</returns>
    public bool Cancel(PendingPublish entry)
    {
        lock (_lock)
        {
            entry.IsCancelled = true;
            switch (entry.State)
            {
                case PendingPublishState.InFlight:
                    _inFlight.Cancel(entry);
                    return false;
                case PendingPublishState.Done:
                    return false;
                case PendingPublishState.Failed:
                    _failed.Remove(entry);
                    break;
            }

            entry.RetryWindowElapsed = true;
            entry.State = PendingPublishState.Done;
            return true;
        }
    }

    /// <summary>The bus is disposed: nothing is sent any more. Batches in flight still come back.</summary>
    /// <returns>The publishes that end now, and have to be completed.</returns>
    public IReadOnlyList<PendingPublish> Close()
    {
        var ended = new List<PendingPublish>();
        lock (_lock)
        {
            _isClosed = true;
            while (_waiting.TryDequeue(out var entry))
            {
                if (entry.State == PendingPublishState.Waiting)
                {
                    entry.State = PendingPublishState.Done;
                    PublishRetryRules.Close(entry.Results.Span);
                    ended.Add(entry);
                }
            }

            _failed.Close(ended);
        }

        return ended;
    }

    /// <inheritdoc cref="FailedPublishes.PlanRetry"/>
    public RetryPlan PlanRetry(TimeSpan delay)
    {
        lock (_lock)
        {
            return _failed.PlanRetry(delay);
        }
    }

    /// <inheritdoc cref="FailedPublishes.TakeRetry"/>
    public PublishRetry? TakeRetry(HashSet<string> blocked)
    {
        lock (_lock)
        {
            return _failed.TakeRetry(blocked, _inFlight);
        }
    }

    /// <inheritdoc cref="FailedPublishes.CompleteRetry"/>
    public IReadOnlyList<PendingPublish> CompleteRetry(PublishRetry retry, HashSet<string> blocked)
    {
        lock (_lock)
        {
            return _failed.CompleteRetry(retry, blocked);
        }
    }

    /// <inheritdoc cref="FailedPublishes.Abort"/>
    public IReadOnlyList<PendingPublish> AbortRetries(Exception error)
    {
        lock (_lock)
        {
            return _failed.Abort(error);
        }
    }

    /// <summary>
    /// As many wait as are in flight, or nothing is in flight. Fewer go with the next batch, or when one comes back, whichever is first. A
    /// batch for each two or three would cost more than it saves, and a single batch at a time would leave the way back unused.
    /// </summary>
    private bool IsWorthABatch() =>
        HasRoom()
            && (_inFlight.Count == 0 || _isMixed || _waiting.Count >= Math.Min(_inFlight.Messages, PublishBatch.MaxMessages));

    private bool HasRoom() => _inFlight.HasRoom && (!_waiting.TryPeek(out var next) || _inFlight.KeepsOrder(next));

    private PublishBatch? TakeNext()
    {
        PublishBatch? batch = null;
        _isMixed = false;
        if (!HasRoom())
        {
            return null;
        }

        while (_waiting.TryPeek(out var entry))
        {
            if (entry.State == PendingPublishState.Waiting)
            {
                if (_failed.Holds(entry.Address))
                {
                    _failed.Append(entry);
                }
                else if (!(batch ??= Rent()).TryAdd(entry))
                {
                    _isMixed = entry.Address != batch.Address;
                    break;
                }
            }

            _waiting.Dequeue();
        }

        if (batch is not null)
        {
            _inFlight.Add(batch);
        }

        return batch;
    }

    private PublishBatch Rent() => _pool.TryPop(out var batch) ? batch : new PublishBatch();
}
