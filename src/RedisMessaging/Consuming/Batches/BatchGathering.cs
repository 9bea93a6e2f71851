using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Bus.Stopping;
using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Consuming.Handlers;
using RedisMessaging.Consuming.Pausing;
using RedisMessaging.Topics;

namespace RedisMessaging.Consuming.Batches;

/// <summary>
/// A consumer's batches: messages join them on their way through the pipeline, and as many are run at the same time as the concurrency says, among them messages whose handler takes one at a
/// time. A batch is run when it is full, when it has waited for long enough, and when nothing more can join it.
/// </summary>
internal sealed class BatchGathering : IDisposable
{
    private readonly int _concurrency;
    private readonly IServiceProvider _services;
    private readonly TimeProvider _time;
    private readonly ConsumerIdentity _identity;
    private readonly ILogger _logger;
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
        _services = services;
        _time = time;
        _identity = new ConsumerIdentity(consumer.Topic.Name, consumer.Group);
        _logger = logger;
        _open = [.. consumer.Handlers.Values.Distinct().Where(handler => handler.Batch is not null).Select(handler => new OpenBatch(handler, handler.Batch!, time, EndWait))];
        Capacity = _concurrency * _open.Max(open => open.Size);
    }

    /// <summary>Says whether no more are fetched before some that are in hand are settled, since their bytes are used up: a batch that waited for them would wait in vain.</summary>
    public Func<bool> IsOutOfBytes { get; set; } = static () => false;

    /// <summary>What pauses the consumer when its batches fail.</summary>
    public CircuitBreaker? Breaker { get; set; }

    /// <summary>How many messages may be in hand, gathered or being handled: so many that every place has a full batch.</summary>
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

    /// <summary>While the consumer is paused a batch waits for no more messages: what was gathered runs with what is running, and not a long wait later.</summary>
    public void SetPaused(bool isPaused)
    {
        lock (_lock)
        {
            _isPaused = isPaused;
            StartWhatIsDue();
        }
    }

    /// <summary>Waits until no more messages than so many are in hand. None is started meanwhile, so that batches need not wait for more.</summary>
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
            // In turns, or what never ends to come would keep the other from ever running.
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
            // Not on the thread of whoever joined last: it has further messages to start.
            _ = BackgroundLoop.Run(() => RunAsync(due!, batch));
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

    private async Task RunAsync(OpenBatch open, List<BatchItem> batch)
    {
        ExceptionDispatchInfo? error = null;
        IReadOnlyDictionary<MessageContext, Exception>? failures = null;
        var handling = RunningHandler.Begin(batch[0].Handlers, batch.Count);
        try
        {
            // While they were gathered, and waited for a place, their leases may have run out.
            var ours = await FindOursAsync(batch).ConfigureAwait(false);
            if (ours.Count > 0)
            {
                await HandleAsync(open, ours).ConfigureAwait(false);
            }
        }
        catch (BatchException some)
        {
            (failures, error) = (some.Failures, ExceptionDispatchInfo.Capture(some));
        }
        catch (Exception all)
        {
            error = ExceptionDispatchInfo.Capture(all);
        }

        // Of each once: the dictionary is the handler's.
        var outcomes = batch.ConvertAll(item => failures is null ? error : FailureOf(item, failures, error!));
        if (error?.SourceException is not OperationCanceledException || !batch[0].CancellationToken.IsCancellationRequested)
        {
            Count(open.Handler, batch, outcomes.Find(outcome => outcome is not null)?.SourceException);
        }

        handling.End();
        Leave(hadPlace: true, batch.Count);
        foreach (var (item, outcome) in batch.Zip(outcomes))
        {
            item.Context.IsSettled |= item.Context.Held.IsLost;
            item.End(outcome);
        }
    }

    /// <summary>A batch is one run of its handler. Where only some of it failed, it fails with what one of them failed with.</summary>
    private void Count(HandlerDefinition handler, List<BatchItem> batch, Exception? failed)
    {
        if (Breaker is null || batch.TrueForAll(item => item.Context.Held.IsLost))
        {
            return;
        }

        if (failed is null)
        {
            Breaker.Succeed(handler);
        }
        else if (failed is not DeadLetterException && handler.Retry.IsRetryable(failed, out _))
        {
            Breaker.Fail(handler, failed);
        }
    }

    /// <summary>The dictionary is the handler's, and may throw or hold <see langword="null"/>: the message failed then, and with what can't be told.</summary>
    private static ExceptionDispatchInfo? FailureOf(BatchItem item, IReadOnlyDictionary<MessageContext, Exception> failures, ExceptionDispatchInfo whole)
    {
        try
        {
            if (item.Handed is not { } handed || !failures.TryGetValue(handed, out var own))
            {
                return null;
            }

            return own is null ? whole : ExceptionDispatchInfo.Capture(own);
        }
        catch (Exception fault)
        {
            return ExceptionDispatchInfo.Capture(fault);
        }
    }

    private static async ValueTask<List<BatchItem>> FindOursAsync(List<BatchItem> batch)
    {
        var ours = new List<BatchItem>(batch.Count);
        foreach (var item in batch)
        {
            if (await item.IsOursAsync(item.CancellationToken).ConfigureAwait(false))
            {
                ours.Add(item);
            }
        }

        return ours;
    }

    private ValueTask HandleAsync(OpenBatch open, List<BatchItem> batch)
    {
        var cancellationToken = batch[0].CancellationToken;
        cancellationToken.ThrowIfCancellationRequested();
        return open.Handler.Timeout is { } timeout
            ? HandlerDeadline.RunAsync(token => open.Binding.HandleAsync(batch, _services, token), timeout, _time, _identity, _logger, cancellationToken)
            : open.Binding.HandleAsync(batch, _services, cancellationToken);
    }
}
