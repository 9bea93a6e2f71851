using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Publishing.Batching;

/// <summary>
/// Sends again what failed for a reason that passes, until it is answered, its time is up, or its caller has had enough. What is published
/// to the same address meanwhile lines up behind it, so that a message never overtakes one that was published before it.
/// </summary>
/// <param name="longest">How long after it was published another attempt at a message may begin; zero: never.</param>
/// <param name="sync">The lock of the line that it is a part of.</param>
/// <param name="isBehindFlight">Whether something of the same address that was published before is still on its first way.</param>
internal sealed class PublishRetrier(
    TopicDefinition topic,
    ITransport transport,
    TimeSpan longest,
    Lock sync,
    Func<PendingPublish, bool> isBehindFlight,
    TimeProvider time,
    ILogger logger,
    Instruments instruments)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    /// <summary>A new publish is a reason to try earlier, so that it does not wait for nothing, but not each one of a flood.</summary>
    private static readonly TimeSpan EarliestAgain = TimeSpan.FromMilliseconds(200);

    /// <summary>In the order in which they were published.</summary>
    private readonly List<PendingPublish> _failed = [];
    private readonly HashSet<string> _addresses = new(StringComparer.Ordinal);
    private TaskCompletionSource _earlier = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isRunning;
    private bool _isClosed;
    private bool _slowly;
    private long _lastAttempt;

    /// <summary>
    /// Whether something with this address waits for another attempt. Under the lock, as all up to <see cref="Withdraw"/>.
    /// </summary>
    public bool Holds(string address) => _failed.Count > 0 && _addresses.Contains(address);

    /// <summary>Takes what an attempt failed with, unless there is to be no other.</summary>
    public bool TryTake(PendingPublish entry)
    {
        if (!CountsAgain(entry, First, out _))
        {
            return false;
        }

        Insert(entry);
        return true;
    }

    /// <summary>Takes what comes behind something that waits.</summary>
    public void Append(PendingPublish entry)
    {
        Insert(entry);
        if (!_slowly && time.GetElapsedTime(_lastAttempt) > EarliestAgain)
        {
            _earlier.TrySetResult();
        }
    }

    public void Withdraw(PendingPublish entry)
    {
        _failed.Remove(entry);
        if (_failed.Count == 0)
        {
            _earlier.TrySetResult();
        }
    }

    /// <summary>The bus is disposed: there is no further attempt.</summary>
    /// <param name="over">Gets those that are to be told.</param>
    public void Close(List<PendingPublish> over)
    {
        _isClosed = true;
        // What is on its way comes back.
        var waiting = _failed.FindAll(entry => entry.State == PendingPublishState.Failed);
        End(waiting);
        over.AddRange(waiting);
        _earlier.TrySetResult();
    }

    private void Insert(PendingPublish entry)
    {
        entry.State = PendingPublishState.Failed;
        var at = _failed.Count;
        while (at > 0 && _failed[at - 1].Number > entry.Number)
        {
            at--;
        }

        _failed.Insert(at, entry);
        _addresses.Add(entry.Address);
        if (!_isRunning)
        {
            _isRunning = true;
            _lastAttempt = time.GetTimestamp();
            _ = BackgroundLoop.Start(nameof(PublishRetrier), logger, RunAsync);
        }
    }

    /// <summary>Whether there is another attempt at some of its messages after a wait.</summary>
    private bool CountsAgain(PendingPublish entry, TimeSpan wait, out int again)
    {
        again = 0;
        if (_isClosed || !entry.MayRetry || entry.IsWithdrawn)
        {
            return false;
        }

        var elapsed = time.GetElapsedTime(entry.JoinedAt);
        var isRemembered = IsRemembered(elapsed + wait);
        for (var i = 0; i < entry.Results.Length; i++)
        {
            again += PublishRetryRules.IsSentAgain(entry.Frames.Span[i], entry.Results.Span[i], isRemembered) ? 1 : 0;
        }

        if (again > 0 && elapsed >= longest)
        {
            entry.TimeIsUp = true;
            return false;
        }

        return again > 0;
    }

    /// <summary>
    /// Whether an id that the first attempt left will still be there when another one arrives: not with a window that is hardly longer than
    /// a reply takes.
    /// </summary>
    private bool IsRemembered(TimeSpan elapsed) => elapsed < topic.Options.DeduplicationWindow / 2;

    private async Task RunAsync()
    {
        try
        {
            await ResendAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // Nothing is expected here. Publishers must not wait for ever for a loop that is gone.
            Log.ResendFailed(logger, topic.Name, error);
            Abort(error);
        }
    }

    private void Abort(Exception error)
    {
        PendingPublish[] over;
        lock (sync)
        {
            over = [.. _failed];
            foreach (var entry in over)
            {
                if (!entry.WasAttempted)
                {
                    entry.Results.Span.Fill(new SendResult(Error: error));
                }

                entry.State = PendingPublishState.Done;
                entry.TimeIsUp = true;
            }

            _failed.Clear();
            _addresses.Clear();
            _isRunning = false;
        }

        Array.ForEach(over, entry => entry.Complete());
    }

    private async Task ResendAsync()
    {
        var backoff = new Backoff(time, First, Longest);
        for (var attempt = 2; ; attempt++)
        {
            var next = backoff.Next();
            if (!Prepare(next, attempt, out var wait, out var earlier))
            {
                return;
            }

            try
            {
                await earlier.WaitAsync(wait, time).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
            }

            await SendOnceAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Tells those for whom there is no further attempt, and how long to wait before the next one. False when nobody is left.
    /// </summary>
    private bool Prepare(TimeSpan next, int attempt, out TimeSpan wait, out Task earlier)
    {
        var over = new List<PendingPublish>();
        var again = 0;
        Exception? error = null;
        var slowly = true;
        var shortest = longest;
        lock (sync)
        {
            foreach (var entry in _failed)
            {
                if (!entry.WasAttempted)
                {
                    continue;
                }

                if (!CountsAgain(entry, next, out var some))
                {
                    over.Add(entry);
                    continue;
                }

                again += some;
                var rest = longest - time.GetElapsedTime(entry.JoinedAt);
                shortest = rest < shortest ? rest : shortest;
                foreach (ref readonly var result in entry.Results.Span)
                {
                    error ??= result.Error;
                    slowly &= result.Error is null || PublishRetryRules.PassesSlowly(result);
                }
            }

            End(over);
            _slowly = slowly && again > 0;
            wait = _slowly ? Longest : next;
            wait = wait < shortest ? wait : shortest;
            _isRunning = _failed.Count > 0;
            if (!_isRunning)
            {
                _addresses.Clear();
            }

            _earlier = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            earlier = _earlier.Task;
        }

        over.ForEach(entry => entry.Complete());
        if (error is not null)
        {
            Log.PublishRetried(logger, again, topic.Name, attempt, wait.TotalSeconds, error);
        }

        return _isRunning;
    }

    /// <summary>
    /// One attempt at each, address by address in their order: behind one that fails again nothing of the same address is sent.
    /// </summary>
    private async Task SendOnceAsync()
    {
        var blocked = new HashSet<string>(StringComparer.Ordinal);
        while (true)
        {
            PublishRetry? resend;
            lock (sync)
            {
                _lastAttempt = time.GetTimestamp();
                resend = Next(blocked);
            }

            if (resend is null)
            {
                return;
            }

            if (resend.Retried > 0)
            {
                instruments.PublishRetries.Add(resend.Retried, Instruments.Topic(topic.Name));
            }

            await resend.SendAsync(transport).ConfigureAwait(false);
            var over = new List<PendingPublish>();
            lock (sync)
            {
                foreach (var entry in resend.Entries)
                {
                    entry.State = PendingPublishState.Failed;
                    if (CountsAgain(entry, First, out _))
                    {
                        blocked.Add(entry.Address);
                    }
                    else
                    {
                        over.Add(entry);
                    }
                }

                GiveUpBehind(resend, over);
                End(over);
            }

            over.ForEach(entry => entry.Complete());
        }
    }

    /// <summary>
    /// What lined up behind a message whose time is up, and has no time left either: where Redis does not answer, an attempt at each of
    /// them, one after the other, would take as many times as long.
    /// </summary>
    private void GiveUpBehind(PublishRetry resend, List<PendingPublish> over)
    {
        if (resend.Entries.Find(entry => entry.TimeIsUp)?.Results.ToArray().FirstOrDefault(result => result.Error is not null).Error is not { } error)
        {
            return;
        }

        foreach (var entry in _failed)
        {
            if (entry is { WasAttempted: false, State: PendingPublishState.Failed }
                && entry.Address == resend.Address
                && time.GetElapsedTime(entry.JoinedAt) >= longest)
            {
                entry.Results.Span.Fill(new SendResult(Error: error));
                entry.TimeIsUp = true;
                over.Add(entry);
            }
        }
    }

    private void End(List<PendingPublish> over)
    {
        foreach (var entry in over)
        {
            entry.State = PendingPublishState.Done;
            entry.TimeIsUp |= entry.IsWithdrawn;
            _failed.Remove(entry);
            if (_isClosed && entry.WasAttempted)
            {
                PublishRetryRules.CloseFailed(entry.Results.Span);
            }
            else if (_isClosed)
            {
                PublishRetryRules.Close(entry.Results.Span);
            }
        }
    }

    private PublishRetry? Next(HashSet<string> blocked)
    {
        PublishRetry? resend = null;
        foreach (var entry in _failed)
        {
            if (blocked.Contains(entry.Address))
            {
                continue;
            }

            if (isBehindFlight(entry))
            {
                blocked.Add(entry.Address);
                continue;
            }

            resend ??= new PublishRetry(entry.Address);
            if (entry.Address == resend.Address && !resend.TryAdd(entry, IsRemembered(time.GetElapsedTime(entry.JoinedAt))))
            {
                break;
            }
        }

        return resend;
    }
}
