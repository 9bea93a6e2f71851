using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Consuming.Pausing;
using RedisMessaging.Topics;

namespace RedisMessaging.Consuming.Batches;

/// <summary>
/// A consumer's batches: messages join them on their way through the pipeline. As many run at the same time as the concurrency says,
/// counting messages whose handler takes one at a time. A batch runs when it is full, when it has waited for long enough, and when nothing
/// more can join it.
/// </summary>
internal sealed class BatchGathering : IDisposable
{
    private readonly int _concurrency;
    private readonly BatchRunner _runner;
    private readonly OpenBatch[] _open;
    private readonly Queue<TaskCompletionSource> _singles = new();
    private readonly Queue<BatchItem> _apart = new();
    private readonly Lock _lock = new();
    private int _inHand;
    private int _gathered;
    private int _placed;
    private int _running;
    private bool _isSingleNext;
    private bool _ranDry;
    private bool _isPaused;
    private int? _awaited;
    private TaskCompletionSource? _awaiting;

    public BatchGathering(ConsumerDefinition consumer, IServiceProvider services, TimeProvider time, ILogger logger)
    {
        _concurrency = consumer.Concurrency;
        var identity = new ConsumerIdentity(consumer.Topic.Name, consumer.Group);
        _runner = new BatchRunner(services, identity, time, logger, messages => Leave(hadPlace: true, messages));
        var handlers = consumer.Handlers.Values.Distinct().Where(handler => handler.Batch is not null);
        _open = [.. handlers.Select(handler => new OpenBatch(handler, handler.Batch!, time, EndWait))];
        Capacity = _concurrency * _open.Max(open => open.Size);
    }

    /// <summary>
    /// Whether the prefetch is out of bytes, so that nothing is fetched before messages in hand are settled: a batch that waits for more
    /// would wait for ever.
    /// </summary>
    public Func<bool> IsOutOfBytes { get; set; } = static () => false;

    /// <inheritdoc cref="BatchRunner.Breaker"/>
    public CircuitBreaker? Breaker
    {
        set => _runner.Breaker = value;
    }

    /// <summary>How many messages may be in hand, gathered or being handled: enough for a full batch in every place.</summary>
    public int Capacity { get; }

    /// <summary>A message is started: it may join.</summary>
    public void Begin()
    {
        lock (_lock)
        {
            _inHand++;
            _ranDry = false;
        }
    }

    /// <summary>A message is through, whether it joined or not.</summary>
    public void End()
    {
        TaskCompletionSource? awaiting = null;
        lock (_lock)
        {
            _inHand--;
            if (_inHand <= _awaited)
            {
                (awaiting, _awaiting, _awaited) = (_awaiting, null, null);
            }

            StartWhatIsDue();
        }

        awaiting?.SetResult();
    }

    /// <summary>Nothing more is there for the moment.</summary>
    public void RunDry()
    {
        lock (_lock)
        {
            _ranDry = true;
            StartWhatIsDue();
        }
    }

    /// <summary>
    /// While the consumer is paused a batch waits for no more messages: what was gathered runs at once, and not after a long wait.
    /// </summary>
    public void SetPaused(bool isPaused)
    {
        lock (_lock)
        {
            _isPaused = isPaused;
            StartWhatIsDue();
        }
    }

    /// <summary>
    /// Waits until no more messages than so many are in hand. None is started meanwhile, so that batches need not wait for more.
    /// </summary>
    public Task WhenAtMostAsync(int inHand)
    {
        lock (_lock)
        {
            if (_inHand <= inHand)
            {
                return Task.CompletedTask;
            }

            _awaited = inHand;
            _awaiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            StartWhatIsDue();
            return _awaiting.Task;
        }
    }

    /// <param name="apart">It makes a batch by itself.</param>
    public void Join(BatchItem item, bool apart)
    {
        lock (_lock)
        {
            if (apart)
            {
                _apart.Enqueue(item);
            }
            else
            {
                OpenFor(item).Add(item);
            }

            _gathered++;
            StartWhatIsDue();
        }
    }

    /// <summary>Waits for a place for a message whose handler takes one at a time.</summary>
    public async ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource place;
        lock (_lock)
        {
            _placed++;
            if (_running < _concurrency)
            {
                _running++;
                return;
            }

            place = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _singles.Enqueue(place);
        }

        try
        {
            await place.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Leave(hadPlace: !place.TrySetCanceled(cancellationToken), messages: 1);
            throw;
        }
    }

    public void Exit() => Leave(hadPlace: true, messages: 1);

    public void Dispose() => Array.ForEach(_open, open => open.Dispose());

    private void EndWait(OpenBatch open)
    {
        lock (_lock)
        {
            open.IsLate = open.Count > 0;
            StartWhatIsDue();
        }
    }

    private void Leave(bool hadPlace, int messages)
    {
        lock (_lock)
        {
            _placed -= messages;
            _running -= hadPlace ? 1 : 0;
            StartWhatIsDue();
        }
    }

    private void StartWhatIsDue()
    {
        while (_running < _concurrency)
        {
            var due = _gathered > 0 ? Array.Find(_open, IsDue) : null;
            // In turns: an endless supply of one kind would keep the other from ever running.
            if (_singles.Count > 0 && ((due is null && _apart.Count == 0) || _isSingleNext))
            {
                _isSingleNext = false;
                _running += _singles.Dequeue().TrySetResult() ? 1 : 0;
                continue;
            }

            if (due is null && _apart.Count == 0)
            {
                return;
            }

            _isSingleNext = true;
            _running++;
            // There is one at a time, so that batches are not kept waiting.
            List<BatchItem> batch = _apart.TryDequeue(out var apart) ? [apart] : due!.Take();
            due = apart is null ? due : OpenFor(apart);
            _gathered -= batch.Count;
            _placed += batch.Count;
            // Not on the thread of the last one that joined: it has further messages to start.
            _ = BackgroundLoop.Run(() => _runner.RunAsync(due!, batch));
        }
    }

    private OpenBatch OpenFor(BatchItem item) => Array.Find(_open, open => ReferenceEquals(open.Handler, item.Context.Handler))!;

    private bool IsDue(OpenBatch open)
    {
        if (open.Count == 0 || open.IsFull || open.IsLate || _isPaused || _awaited == 0)
        {
            return open.Count > 0;
        }

        var mayJoin = _inHand > _gathered + _placed;
        return !mayJoin && (_awaited is not null || (_ranDry && (open.TakesWhatIsThere || IsOutOfBytes())));
    }
}
