using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Publishing.Batching;

/// <summary>
/// Publishes that failed for a transient reason, and those that were published to the same address meanwhile: a message never overtakes an
/// earlier one. The lock of <see cref="PublishQueue"/> guards it.
/// </summary>
internal sealed class FailedPublishes(RetryWindow window, TimeProvider time)
{
    /// <summary>The first delay before an attempt.</summary>
    public static readonly TimeSpan MinDelay = TimeSpan.FromMilliseconds(100);

    public static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(2);

    /// <summary>A new publish brings the next attempt forward, but not every publish of a flood does.</summary>
    private static readonly TimeSpan MinBetweenAttempts = TimeSpan.FromMilliseconds(200);

    /// <summary>In the order in which they were published.</summary>
    private readonly List<PendingPublish> _entries = [];
    private readonly HashSet<string> _addresses = new(StringComparer.Ordinal);
    private TaskCompletionSource _earlier = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isRunning;
    private bool _isSlow;
    private long _lastAttempt;

    /// <summary>Called when something has to be sent again and nothing sends it yet.</summary>
    public Action? RetryNeeded { get; set; }

    /// <summary>Whether a publish to this address waits for another attempt.</summary>
    public bool Holds(string address) => _entries.Count > 0 && _addresses.Contains(address);

    /// <summary>Takes a publish that failed, unless there is no further attempt at it.</summary>
    public bool TryTake(PendingPublish entry)
    {
        if (!window.Allows(entry, MinDelay, out _))
        {
            return false;
        }

        Insert(entry);
        return true;
    }

    /// <summary>Takes a publish that has to wait for an earlier one.</summary>
    public void Append(PendingPublish entry)
    {
        Insert(entry);
        if (!_isSlow && time.GetElapsedTime(_lastAttempt) > MinBetweenAttempts)
        {
            _earlier.TrySetResult();
        }
    }

    public void Remove(PendingPublish entry)
    {
        _entries.Remove(entry);
        if (_entries.Count == 0)
        {
            _earlier.TrySetResult();
        }
    }

    /// <summary>The bus is disposed: there is no further attempt. Attempts in flight still come back.</summary>
    /// <param name="ended">Gets the publishes that have to be completed.</param>
    public void Close(List<PendingPublish> ended)
    {
        window.Close();
        var waiting = _entries.FindAll(entry => entry.State == PendingPublishState.Failed);
        End(waiting);
        ended.AddRange(waiting);
        _earlier.TrySetResult();
    }

    /// <summary>Ends every publish with an error.</summary>
    /// <returns>The publishes that have to be completed.</returns>
    public IReadOnlyList<PendingPublish> Abort(Exception error)
    {
        PendingPublish[] ended = [.. _entries];
        foreach (var entry in ended)
        {
            if (!entry.WasAttempted)
            {
                entry.Results.Span.Fill(new SendResult(Error: error));
            }

            entry.State = PendingPublishState.Done;
            entry.RetryWindowElapsed = true;
        }

        _entries.Clear();
        _addresses.Clear();
        _isRunning = false;
        return ended;
    }

    /// <summary>Ends the publishes without a further attempt, and decides how long to wait before the next attempt at the others.</summary>
    /// <param name="delay">How long to wait, unless there is a reason to wait longer or not so long.</param>
    public RetryPlan PlanRetry(TimeSpan delay)
    {
        var ended = new List<PendingPublish>();
        var retried = 0;
        Exception? error = null;
        var isSlow = true;
        var remaining = window.Length;
        foreach (var entry in _entries)
        {
            if (!entry.WasAttempted)
            {
                continue;
            }

            if (!window.Allows(entry, delay, out var messages))
            {
                ended.Add(entry);
                continue;
            }

            retried += messages;
            var rest = window.RestOf(entry);
            remaining = rest < remaining ? rest : remaining;
            foreach (ref readonly var result in entry.Results.Span)
            {
                error ??= result.Error;
                isSlow &= result.Error is null || PublishRetryRules.IsSlowlyTransient(result);
            }
        }

        End(ended);
        _isSlow = isSlow && retried > 0;
        var wait = _isSlow ? MaxDelay : delay;
        _isRunning = _entries.Count > 0;
        if (!_isRunning)
        {
            _addresses.Clear();
        }

        _earlier = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return new RetryPlan(_isRunning, wait < remaining ? wait : remaining, _earlier.Task, ended, retried, error);
    }

    /// <summary>Takes the next publishes to send again: those with the address of the first one that is not blocked.</summary>
    /// <param name="blocked">Addresses of which nothing is sent before the next attempt.</param>
    /// <param name="inFlight">Batches on their first attempt: nothing that was published later is sent before they come back.</param>
    public PublishRetry? TakeRetry(HashSet<string> blocked, InFlightBatches inFlight)
    {
        _lastAttempt = time.GetTimestamp();
        PublishRetry? retry = null;
        foreach (var entry in _entries)
        {
            if (blocked.Contains(entry.Address))
            {
                continue;
            }

            if (inFlight.HoldsEarlier(entry))
            {
                blocked.Add(entry.Address);
                continue;
            }

            retry ??= new PublishRetry(entry.Address);
            if (entry.Address == retry.Address && !retry.TryAdd(entry, window.IsRemembered(entry)))
            {
                break;
            }
        }

        return retry;
    }

    /// <summary>An attempt has come back: blocks the addresses of what failed again.</summary>
    /// <returns>The publishes that have to be completed.</returns>
    public IReadOnlyList<PendingPublish> CompleteRetry(PublishRetry retry, HashSet<string> blocked)
    {
        var ended = new List<PendingPublish>();
        foreach (var entry in retry.Entries)
        {
            entry.State = PendingPublishState.Failed;
            if (window.Allows(entry, MinDelay, out _))
            {
                blocked.Add(entry.Address);
            }
            else
            {
                ended.Add(entry);
            }
        }

        GiveUpBehind(retry, ended);
        End(ended);
        return ended;
    }

    private void Insert(PendingPublish entry)
    {
        entry.State = PendingPublishState.Failed;
        _entries.Insert(_entries.FindLastIndex(before => before.Number <= entry.Number) + 1, entry);
        _addresses.Add(entry.Address);
        if (!_isRunning)
        {
            _isRunning = true;
            _lastAttempt = time.GetTimestamp();
            RetryNeeded?.Invoke();
        }
    }

    /// <summary>
    /// Ends what waited for a publish whose retry window has elapsed, and whose own window has elapsed, too. Without an answer of Redis, an
    /// attempt at each of them, one after the other, would take a multiple of the window.
    /// </summary>
    private void GiveUpBehind(PublishRetry retry, List<PendingPublish> ended)
    {
        var results = retry.Entries.Find(entry => entry.RetryWindowElapsed)?.Results.ToArray();
        if (results?.FirstOrDefault(result => result.Error is not null).Error is not { } error)
        {
            return;
        }

        foreach (var entry in _entries)
        {
            if (entry is { WasAttempted: false, State: PendingPublishState.Failed }
                && entry.Address == retry.Address
                && window.HasElapsed(entry))
            {
                entry.Results.Span.Fill(new SendResult(Error: error));
                entry.RetryWindowElapsed = true;
                ended.Add(entry);
            }
        }
    }

    private void End(List<PendingPublish> ended)
    {
        foreach (var entry in ended)
        {
            entry.End();
            _entries.Remove(entry);
            if (window.IsClosed)
            {
                PublishRetryRules.Close(entry);
            }
        }
    }
}
