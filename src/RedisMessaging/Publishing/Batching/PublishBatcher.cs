using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Diagnostics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Publishing.Batching;

/// <summary>
/// The line in which a topic's publishes go to Redis: those that come at the same time go together, as one command or script. A caller who
/// is alone sends at once, on its own thread; while others are on their way, callers line up until as many wait as are under way, or a
/// flush comes back. Nothing waits for a timer, and several flushes may be under way; their messages and bytes are bounded, by what the
/// link carries in about a second (<see cref="PublishWindow"/>), and beyond that callers wait for their turn.
/// </summary>
internal sealed class PublishBatcher : IThreadPoolWorkItem
{
    private const int MostUnderWay = 16_384;
    private const int MostSpare = 1_024;

    private readonly ITransport _transport;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly PublishRetrier _resender;
    private readonly Queue<PendingPublish> _waiting = new();
    private readonly List<PublishBatch> _flights = [];
    private readonly Stack<PublishBatch> _spareFlushes = new();
    private readonly ConcurrentQueue<PendingPublish> _spare = new();
    private long _joined;
    private readonly PublishWindow _window;
    private int _messagesUnderWay;
    private long _bytesUnderWay;

    /// <summary>A thread of the pool takes what waits, or is about to.</summary>
    private bool _isFlushing;

    /// <summary>The last flush carried several: more are probably on their way to the line.</summary>
    private bool _gathers;

    /// <summary>What waits goes to different addresses, so that nothing is gained by waiting for more of it.</summary>
    private bool _isMixed;

    private bool _isClosed;

    /// <param name="longestRetry">How long after it was published another attempt at a message may begin; zero: never.</param>
    public PublishBatcher(
        TopicDefinition topic,
        ITransport transport,
        TimeSpan longestRetry,
        TimeProvider time,
        ILogger logger,
        Instruments instruments)
    {
        _transport = transport;
        _time = time;
        _window = new PublishWindow(time);
        _resender = new PublishRetrier(topic, transport, longestRetry, _lock, IsBehindFlight, time, logger, instruments);
    }

    /// <summary>Sends a frame and takes ownership of it: its bytes may be used for another one.</summary>
    /// <returns>What became of it, an error included.</returns>
    /// <exception cref="OperationCanceledException">Cancelled before it was sent.</exception>
    public ValueTask<SendResult> SendAsync(string address, in OutgoingFrame frame, CancellationToken cancellationToken)
    {
        var entry = _spare.TryDequeue(out var spare) ? spare : new PendingPublish(this);
        entry.Begin(address, frame, cancellationToken);
        if (cancellationToken.CanBeCanceled)
        {
            return SendOneAsync(entry);
        }

        return Join(entry) is { } alone ? SendAloneAsync(alone, entry) : entry.Outcome;
    }

    /// <summary>A caller has its result: what it was sent with may be used for another one.</summary>
    public void TakeBack(PendingPublish entry)
    {
        entry.Recycle();
        // What was withdrawn may still stand in a line.
        if (!entry.IsWithdrawn && _spare.Count < MostSpare)
        {
            entry.Reset();
            _spare.Enqueue(entry);
        }
    }

    /// <summary>
    /// Sends frames in their order and takes ownership of them. Frames that are sent again come after those that are not, in their order.
    /// </summary>
    /// <param name="results">One for each frame, errors included.</param>
    /// <param name="mayRetry">False where an earlier part of the same call has used up the time.</param>
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
        return mayRetry && !entry.TimeIsUp;
    }

    /// <summary>
    /// The bus is disposed: nothing is sent any more, and waiters are notified. What is on its way to Redis comes back with whatever became
    /// of it.
    /// </summary>
    public void Close()
    {
        var over = new List<PendingPublish>();
        lock (_lock)
        {
            _isClosed = true;
            while (_waiting.TryDequeue(out var entry))
            {
                if (entry.State == PendingPublishState.Waiting)
                {
                    entry.State = PendingPublishState.Done;
                    PublishRetryRules.Close(entry.Results.Span);
                    over.Add(entry);
                }
            }

            _resender.Close(over);
        }

        over.ForEach(entry => entry.Complete());
    }

    /// <summary>Takes what waits, a flush at a time.</summary>
    void IThreadPoolWorkItem.Execute() => FlushWaiting();

    private void FlushWaiting()
    {
        for (var isFirst = true; ; isFirst = false)
        {
            PublishBatch flush;
            lock (_lock)
            {
                if (!(isFirst || IsWorthAFlush()) || !TryTakeFlush(out flush!))
                {
                    _isFlushing = false;
                    return;
                }
            }

            // Not awaited: what comes meanwhile need not wait for the reply. It throws nothing.
            _ = FlushAsync(flush, flush.Withdrawn).AsTask();
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
        await FlushAsync(alone, alone.Withdrawn).ConfigureAwait(false);
        return await entry.Outcome.ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendAsync(PendingPublish entry)
    {
        entry.Cancellation.ThrowIfCancellationRequested();
        if (Join(entry) is { } alone)
        {
            await FlushAsync(alone, alone.Withdrawn).ConfigureAwait(false);
        }

        var completion = entry.Completion;
        if (completion.IsCompleted || !entry.Cancellation.CanBeCanceled)
        {
            await completion.ConfigureAwait(false);
        }
        else
        {
            await using var registration = entry.Cancellation.UnsafeRegister(
                static (state, _) => ((Withdrawal)state!).Run(),
                new Withdrawal(this, entry)).ConfigureAwait(false);
            await completion.ConfigureAwait(false);
        }

        if (entry.IsWithdrawn && !entry.WasAttempted)
        {
            throw new OperationCanceledException(entry.Cancellation);
        }
    }

    /// <summary>Puts an entry into the line, or hands it back as a flush of its own when nobody else is there.</summary>
    private PublishBatch? Join(PendingPublish entry)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(RedisMessageBus));
            entry.Number = ++_joined;
            entry.JoinedAt = _time.GetTimestamp();
            if (_resender.Holds(entry.Address))
            {
                _resender.Append(entry);
                return null;
            }

            if (_flights.Count == 0 && _waiting.Count == 0 && !_gathers)
            {
                var flush = SpareFlush();
                flush.TryAdd(entry);
                Launch(flush);
                return flush;
            }

            _waiting.Enqueue(entry);
            if (_isFlushing || !IsWorthAFlush())
            {
                return null;
            }

            _isFlushing = true;
        }

        // Behind what the pool has to do already: that is mostly others who are about to publish.
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return null;
    }

    /// <summary>
    /// As many wait as are under way, or nothing is. Fewer go with the next flush, or when one comes back, whichever is first: a flush for
    /// each two or three would cost more than it brings forward, and with one flush at a time nobody would use the way back.
    /// </summary>
    private bool IsWorthAFlush() =>
        HasRoom() && (_flights.Count == 0 || _isMixed || _waiting.Count >= Math.Min(_messagesUnderWay, PublishBatch.MostMessages));

    private bool HasRoom() => _messagesUnderWay < MostUnderWay && _bytesUnderWay < _window.Bytes && MayGoWithFlights();

    /// <summary>Large ones have a connection of their own, and two connections keep no order between them.</summary>
    private bool MayGoWithFlights() => _flights.Count == 0 || !_waiting.TryPeek(out var next) || next.IsLarge == _flights[0].IsLarge;

    private bool TryTakeFlush(out PublishBatch? flush)
    {
        flush = null;
        _isMixed = false;
        if (!HasRoom())
        {
            return false;
        }

        while (_waiting.TryPeek(out var entry))
        {
            if (entry.State == PendingPublishState.Waiting)
            {
                if (_resender.Holds(entry.Address))
                {
                    _resender.Append(entry);
                }
                else if (!(flush ??= SpareFlush()).TryAdd(entry))
                {
                    _isMixed = entry.Address != flush.Address;
                    break;
                }
            }

            _waiting.Dequeue();
        }

        if (flush is null)
        {
            return false;
        }

        Launch(flush);
        return true;
    }

    private void Launch(PublishBatch flush)
    {
        flush.Close();
        flush.SentAt = _time.GetTimestamp();
        _flights.Add(flush);
        _messagesUnderWay += flush.Messages;
        _bytesUnderWay += flush.Bytes;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask FlushAsync(PublishBatch flush, CancellationToken cancellationToken)
    {
        try
        {
            flush.Gather();
            await _transport.SendAsync(flush.Address, flush.Frames, flush.Results, cancellationToken).ConfigureAwait(false);
            PublishRetryRules.Judge(flush.Results.Span);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // All of its callers have had enough before anything was sent.
            flush.Entries.ForEach(entry => entry.IsWithdrawn = true);
            Land(flush, wasAttempted: false);
            return;
        }
        catch (Exception error)
        {
            // A transport throws only before it has sent anything.
            flush.Results.Span.Fill(new SendResult(Error: error));
        }

        flush.Spread();
        Land(flush, wasAttempted: true);
    }

    /// <summary>Tells the callers what became of their messages, save those that are sent again.</summary>
    private void Land(PublishBatch flush, bool wasAttempted)
    {
        bool startsFlushing;
        lock (_lock)
        {
            _window.Note(flush.SentAt, _bytesUnderWay);
            _flights.Remove(flush);
            _messagesUnderWay -= flush.Messages;
            _bytesUnderWay -= flush.Bytes;
            _gathers = flush.Entries.Count > 1;
            foreach (var entry in flush.Entries)
            {
                entry.WasAttempted = wasAttempted;
            }

            if (flush.HasFailed)
            {
                flush.Entries.RemoveAll(_resender.TryTake);
            }

            foreach (var entry in flush.Entries)
            {
                entry.TimeIsUp |= entry.IsWithdrawn;
                entry.State = PendingPublishState.Done;
                if (_isClosed)
                {
                    PublishRetryRules.CloseFailed(entry.Results.Span);
                }
            }

            startsFlushing = !_isFlushing && _waiting.Count > 0 && HasRoom();
            _isFlushing |= startsFlushing;
        }

        if (startsFlushing)
        {
            // Before those who are told now line up for the next one.
            FlushWaiting();
        }

        foreach (var entry in flush.Entries)
        {
            entry.Complete();
        }

        flush.Reset();
        lock (_lock)
        {
            _spareFlushes.Push(flush);
        }
    }

    private PublishBatch SpareFlush() => _spareFlushes.TryPop(out var flush) ? flush : new PublishBatch();

    private bool IsBehindFlight(PendingPublish entry)
    {
        foreach (var flight in _flights)
        {
            if (flight.Address == entry.Address && flight.Entries[0].Number < entry.Number)
            {
                return true;
            }
        }

        return false;
    }

    private void Withdraw(PendingPublish entry)
    {
        lock (_lock)
        {
            entry.IsWithdrawn = true;
            if (entry.State == PendingPublishState.UnderWay)
            {
                _flights.Find(flight => flight.Entries.Contains(entry))?.WithdrawIfAllAre();
                return;
            }

            if (entry.State == PendingPublishState.Done)
            {
                return;
            }

            if (entry.State == PendingPublishState.Failed)
            {
                _resender.Withdraw(entry);
            }

            entry.TimeIsUp = true;
            entry.State = PendingPublishState.Done;
        }

        entry.Complete();
    }

    private sealed record Withdrawal(PublishBatcher Line, PendingPublish Entry)
    {
        public void Run() => Line.Withdraw(Entry);
    }
}
