using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Consuming.InFlight;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming.Starts;

/// <summary>
/// Records that handlers are about to be started with redelivered messages, where their next owner finds it. While one call is under way
/// the next ones gather, and go together. Where messages are handled faster than Redis answers, the starts of those that come next are
/// recorded with them.
/// </summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "Without a timer or a link a CancellationTokenSource "
    + "holds nothing, and its token may be asked for after the end.")]
internal sealed class StartRecorder(
    IReceiver receiver,
    Action<InFlightMessage> lose,
    ConsumerIdentity identity,
    TimeProvider time,
    ILogger logger)
{
    private const int MaxAtOnce = 100;

    private readonly Lock _lock = new();
    private readonly Queue<InFlightMessage> _expected = new();
    private readonly Queue<StartRecord> _waiting = new();
    private readonly CancellationTokenSource _closing = new();
    private Func<int>? _ahead;
    private Func<InFlightMessage, int?>? _startsAhead;
    private bool _isFlushing;

    /// <param name="ahead">How many starts to record beyond those that are asked for; asked for each call to Redis.</param>
    /// <param name="starts">
    /// What to record for a message that was not asked for yet; <see langword="null"/> when that has to wait until it is.
    /// </param>
    public void LookAhead(Func<int> ahead, Func<InFlightMessage, int?> starts) => (_ahead, _startsAhead) = (ahead, starts);

    /// <summary>A redelivered message was received: it may be asked for, in this order.</summary>
    public void Expect(InFlightMessage held)
    {
        if (_ahead is not null)
        {
            lock (_lock)
            {
                _expected.Enqueue(held);
            }
        }
    }

    /// <summary>Records a start.</summary>
    /// <returns>False when the message is no longer ours, or that is not known: it must not be started then.</returns>
    public async ValueTask<bool> RecordAsync(InFlightMessage held, int starts, CancellationToken cancellationToken)
    {
        StartRecord record;
        var flushes = false;
        lock (_lock)
        {
            if (held.StartRecord is { } known && known.Starts == starts)
            {
                record = known;
            }
            else
            {
                held.StartRecord = record = new StartRecord(held, starts);
                _waiting.Enqueue(record);
                flushes = !_isFlushing;
                _isFlushing = true;
            }
        }

        if (flushes)
        {
            _ = FlushAsync();
        }

        var recorded = record.Outcome;
        return (recorded.IsCompletedSuccessfully ? recorded.Result : await recorded.WaitAsync(cancellationToken).ConfigureAwait(false))
            && held.IsOpen;
    }

    /// <summary>What is not recorded by now is not started any more.</summary>
    public void Close() => _closing.Cancel();

    private async Task FlushAsync()
    {
        while (TakeBatch() is { } batch)
        {
            try
            {
                await RecordAsync(batch).ConfigureAwait(false);
            }
            catch (Exception)
            {
                // Closing. Whatever else it was, these are not started.
                batch.ForEach(static record => record.End(recorded: false));
            }
        }
    }

    private List<StartRecord>? TakeBatch()
    {
        lock (_lock)
        {
            while (_expected.TryPeek(out var passed) && (passed.StartRecord is not null || !passed.IsOpen))
            {
                _expected.Dequeue();
            }

            if (_waiting.Count == 0)
            {
                _isFlushing = false;
                return null;
            }

            var batch = new List<StartRecord>();
            while (batch.Count < MaxAtOnce && _waiting.TryDequeue(out var record))
            {
                batch.Add(record);
            }

            AddAhead(batch);
            return batch;
        }
    }

    private void AddAhead(List<StartRecord> batch)
    {
        for (var ahead = Math.Min(_ahead?.Invoke() ?? 0, MaxAtOnce - batch.Count); ahead > 0 && _expected.TryDequeue(out var next);)
        {
            if (next.StartRecord is null && next.IsOpen && _startsAhead!(next) is { } starts)
            {
                next.StartRecord = new StartRecord(next, starts);
                batch.Add(next.StartRecord);
                ahead--;
            }
        }
    }

    private async Task RecordAsync(List<StartRecord> batch)
    {
        var backoff = new Backoff(time, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
        while (true)
        {
            try
            {
                await TryRecordAsync(batch).ConfigureAwait(false);
                return;
            }
            catch (Exception error) when (!_closing.IsCancellationRequested)
            {
                Log.StartsNotRecorded(logger, identity.Topic, identity.Group, batch.Count, error);
                await backoff.WaitAsync(_closing.Token).ConfigureAwait(false);
            }
        }
    }

    private async Task TryRecordAsync(List<StartRecord> batch)
    {
        var settlements = batch.ConvertAll(
            static record => new Settlement(record.Held.Delivery, SettlementKind.Start, record.Starts)).ToArray();
        if (await receiver.SettleAsync(settlements, _closing.Token).ConfigureAwait(false) == settlements.Length)
        {
            batch.ForEach(static record => record.End(recorded: true));
            return;
        }

        // Other consumers have some of them by now: each is recorded by itself. Recording one twice does no harm.
        for (var i = 0; i < settlements.Length; i++)
        {
            if (!batch[i].Outcome.IsCompleted)
            {
                var isOurs = settlements.Length > 1
                    && await receiver.SettleAsync(settlements.AsMemory(i, 1), _closing.Token).ConfigureAwait(false) == 1;
                if (!isOurs)
                {
                    lose(batch[i].Held);
                }

                batch[i].End(isOurs);
            }
        }
    }
}
