using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Consuming;
using RedisMessaging.Consuming.Leases;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.WakeSignals;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Topics.Families;

/// <summary>
/// One consumer of a whole family: a receiver for each member, as many as the registry has and as they come. Members that have something ready take turns, message by message, so that
/// none starves; the order within each stays. What was read and has to wait, at most two small messages or one large one a member and the prefetch beside, in messages and in bytes, keeps its
/// lease in here.
/// </summary>
internal sealed class FamilyReceiver : IReceiver, ILeaseHolder
{
    private const int AtOnce = 16;
    private const int MaxBatch = 100;

    private readonly ReceiverOptions _subscription;
    private readonly Func<string, bool> _isMember;
    private readonly FamilyMembers _members;
    private readonly FamilyRegistry _registry;
    private readonly ConsumerIdentity _identity;
    private readonly TimeSpan? _lease;
    private readonly LeaseRenewals _leases;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Instruments _instruments;
    private readonly FamilyFollower _follower;
    private readonly ConcurrentDictionary<string, MemberFeed> _feeds = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly Queue<MemberFeed> _ready = new();
    private volatile CancellationTokenSource _reading = new();
    private volatile TaskCompletionSource? _paused;
    private TaskCompletionSource? _waiter;
    private int _extra;
    private long _extraBytes;
    private double _newSince = double.PositiveInfinity;
    private bool _isOpen;
    private bool _disposed;

    public FamilyReceiver(TopicDefinition family, ReceiverOptions subscription, Func<string, bool> isMember, FamilyMembers members, FamilyRegistry registry, WakeSignalHub bells, LeaseRenewals leases, TimeProvider time, ILogger logger, Instruments instruments)
    {
        _subscription = subscription;
        _isMember = isMember;
        _members = members;
        _registry = registry;
        _identity = new ConsumerIdentity(family.Name, subscription.Group);
        _lease = family.Capabilities.Lease;
        _extra = subscription.Prefetch;
        _leases = leases;
        _extraBytes = subscription.PrefetchBytes;
        _time = time;
        _logger = logger;
        _instruments = instruments;
        _follower = new FamilyFollower(_identity, registry, bells, Found, time, logger, instruments);
    }

    /// <summary>Opens the members there are. One that can't be opened is tried again later, and does not keep the others from being read.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (_subscription is { StartAt: StartPosition.New, Broadcast: false })
        {
            // Only with the members of its first subscription the group begins at their ends: what came while none of its consumers ran is not to be passed over.
            _newSince = await _registry.SubscribeAsync(_subscription.Group, cancellationToken).ConfigureAwait(false);
        }

        await _follower.OpenAsync(cancellationToken).ConfigureAwait(false);
        await OpenFeedsAsync(cancellationToken).ConfigureAwait(false);
        _isOpen = true;
        foreach (var feed in _feeds.Values)
        {
            feed.Start(_stop.Token);
        }

        _follower.Start();
        if (_lease is not null)
        {
            _leases.Add(this);
        }
    }

    /// <summary>Cancelled while the consumer is paused.</summary>
    public CancellationToken Reading => _reading.Token;

    /// <summary>Ends with the pause, if there is one.</summary>
    public Task Resumed => _paused?.Task ?? Task.CompletedTask;

    public async ValueTask<int> ReceiveAsync(Memory<Delivery> buffer, ReceiveBounds bounds, CancellationToken cancellationToken)
    {
        Resume();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Task waiting;
            lock (_lock)
            {
                if (Take(buffer.Span, bounds.Bytes) is > 0 and var count)
                {
                    return count;
                }

                _waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                waiting = _waiter.Task;
            }

            await waiting.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Ends what the members are reading. What they have read is handed out, to be given back.</summary>
    public async ValueTask<int> ReceiveOwnAsync(Memory<Delivery> buffer, CancellationToken cancellationToken)
    {
        if (_paused is null)
        {
            _paused = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await _reading.CancelAsync().ConfigureAwait(false);
        }

        lock (_lock)
        {
            return Take(buffer.Span, long.MaxValue);
        }
    }

    public ValueTask<int> SettleAsync(ReadOnlyMemory<Settlement> batch, CancellationToken cancellationToken)
    {
        if (batch.IsEmpty)
        {
            return ValueTask.FromResult(0);
        }

        var member = batch.Span[0].Delivery.Channel;
        foreach (ref readonly var settlement in batch.Span[1..])
        {
            if (settlement.Delivery.Channel != member)
            {
                return SettleEachAsync(batch, cancellationToken);
            }
        }

        return SettleAsync(member, batch, cancellationToken);
    }

    public TimeSpan RenewalInterval => _lease!.Value / 3;

    /// <summary>Renews what waits in here.</summary>
    public bool Renew(ILeaseConnection connection)
    {
        var isDone = true;
        foreach (var feed in _feeds.Values)
        {
            isDone &= Renew(connection, feed);
        }

        return isDone;
    }

    /// <summary>Renews what was handed out.</summary>
    public int Renew(ILeaseConnection connection, ReadOnlyMemory<Settlement> batch)
    {
        var owned = 0;
        foreach (var some in batch.ToArray().GroupBy(settlement => settlement.Delivery.Channel, StringComparer.Ordinal))
        {
            try
            {
                owned += _feeds[some.Key].Receiver!.Renew(connection, some.ToArray());
            }
            catch (Exception error) when (IsMembersOwn(error))
            {
                _feeds[some.Key].NoteFault(error);
            }
        }

        return owned;
    }

    public bool IsFresh(in Delivery delivery) => _feeds[delivery.Channel].Receiver!.IsFresh(delivery);

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _follower.DisposeAsync().ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        var feeds = _feeds.Values.ToList();
        await Task.WhenAll(feeds.Select(feed => feed.EndedAsync())).ConfigureAwait(false);
        await _leases.RemoveAsync(this).ConfigureAwait(false);
        await Task.WhenAll(feeds.Select(CloseAsync)).ConfigureAwait(false);
    }

    /// <summary>Some of what a read may ask for beyond the least. Never all that is left: another member may have more, too.</summary>
    public int TakeExtra(int wanted)
    {
        lock (_lock)
        {
            var extra = Math.Min(wanted, (_extra + 1) / 2);
            _extra -= extra;
            return extra;
        }
    }

    /// <summary>Some of the bytes that a read may ask for beyond the least, by the same rule.</summary>
    public long TakeExtraBytes(long wanted)
    {
        lock (_lock)
        {
            var extra = Math.Min(wanted, (_extraBytes + 1) / 2);
            _extraBytes -= extra;
            return extra;
        }
    }

    public void ReturnExtra(int extra, long extraBytes)
    {
        lock (_lock)
        {
            _extra += extra;
            _extraBytes += extraBytes;
        }
    }

    /// <summary>A member has read something.</summary>
    public void Deliver(MemberFeed feed, ReadOnlySpan<Delivery> deliveries)
    {
        TaskCompletionSource? waiter;
        lock (_lock)
        {
            foreach (ref readonly var delivery in deliveries)
            {
                feed.Ready.Enqueue(delivery);
            }

            _ready.Enqueue(feed);
            (waiter, _waiter) = (_waiter, null);
        }

        waiter?.TrySetResult();
    }

    private void Resume()
    {
        if (_paused is { } paused)
        {
            // Not disposed: a read may be about to use it, and it holds nothing.
            _reading = new CancellationTokenSource();
            _paused = null;
            paused.SetResult();
        }
    }

    private int Take(Span<Delivery> buffer, long bytes)
    {
        var count = 0;
        while (count < buffer.Length && _ready.TryPeek(out var feed) && (count == 0 || !feed.Ready.TryPeek(out var next) || next.Frame.Length <= bytes))
        {
            _ready.Dequeue();
            // None is left where all that was ready was lost to others.
            if (feed.Ready.TryDequeue(out var delivery))
            {
                bytes -= delivery.Frame.Length;
                buffer[count++] = delivery;
                if (feed.Ready.Count > 0)
                {
                    _ready.Enqueue(feed);
                    continue;
                }
            }

            feed.NoteDrained();
        }

        return count;
    }

    private void Found(RegisteredMember member)
    {
        if (!_isMember(member.Name))
        {
            return;
        }

        var startAt = _isOpen || member.Number > _newSince ? StartPosition.Beginning : _subscription.StartAt;
        var subscription = _subscription with { StartAt = startAt };
        var feed = new MemberFeed(member.Name, this, token => _members.OpenAsync(member.Name, subscription, token), _identity, _time, _logger, _instruments);
        _feeds[member.Name] = feed;
        if (_isOpen)
        {
            feed.Start(_stop.Token);
        }
    }

    private async Task OpenFeedsAsync(CancellationToken cancellationToken)
    {
        var faults = new ConcurrentQueue<Exception>();
        await Parallel.ForEachAsync(_feeds.Values, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (feed, token) =>
        {
            try
            {
                await feed.OpenAsync(token).ConfigureAwait(false);
            }
            catch (Exception error) when (error is RedisMessagingConfigurationException || IsMembersOwn(error))
            {
                feed.NoteFault(error);
                faults.Enqueue(error);
            }
        }).ConfigureAwait(false);
        if (faults.TryPeek(out var first) && faults.Count == _feeds.Count)
        {
            // Not one of them: then it is more likely to be something that all of them lack, such as a right.
            ExceptionDispatchInfo.Throw(first);
        }
    }

    private static bool IsMembersOwn(Exception error) => RedisErrors.IsRedisFault(error) && !RedisErrors.IsTransient(error);

    private async ValueTask<int> SettleAsync(string member, ReadOnlyMemory<Settlement> batch, CancellationToken cancellationToken)
    {
        var feed = _feeds[member];
        try
        {
            return await feed.Receiver!.SettleAsync(batch, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (IsMembersOwn(error))
        {
            // Tried again as a whole, it would keep the other members' verdicts waiting.
            feed.NoteFault(error);
            throw error as SettleRefusedException ?? new SettleRefusedException(batch.ToArray(), 0, error);
        }
    }

    private async ValueTask<int> SettleEachAsync(ReadOnlyMemory<Settlement> batch, CancellationToken cancellationToken)
    {
        var byMember = batch.ToArray().GroupBy(settlement => settlement.Delivery.Channel, StringComparer.Ordinal);
        var settling = byMember.Select(some => SettleAsync(some.Key, some.ToArray(), cancellationToken).AsTask()).ToArray();
        await ((Task)Task.WhenAll(settling)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var owned = 0;
        var refused = new List<Settlement>();
        Exception? refusal = null;
        foreach (var one in settling)
        {
            try
            {
                owned += await one.ConfigureAwait(false);
            }
            catch (SettleRefusedException some)
            {
                owned += some.Owned;
                refused.AddRange(some.Refused);
                refusal ??= some.InnerException;
            }
        }

        return refusal is null ? owned : throw new SettleRefusedException([.. refused], owned, refusal);
    }

    private bool Renew(ILeaseConnection connection, MemberFeed feed)
    {
        Settlement[] waiting;
        lock (_lock)
        {
            waiting = [.. feed.Ready.Select(delivery => new Settlement(delivery, SettlementKind.Extend, delivery.Starts))];
        }

        try
        {
            foreach (var some in waiting.Chunk(MaxBatch))
            {
                if (feed.Receiver!.Renew(connection, some) < some.Length)
                {
                    DropLost(connection, feed, some);
                }
            }

            return true;
        }
        catch (Exception error)
        {
            // Whatever it was: leases that are not renewed any more would all run out.
            Log.RenewFailed(_logger, _identity.Topic, _identity.Group, waiting.Length, error);
            return false;
        }
    }

    /// <summary>Somebody else has some of them by now, or will get them. What was taken meanwhile is its taker's to renew.</summary>
    private void DropLost(ILeaseConnection connection, MemberFeed feed, Settlement[] waiting)
    {
        var lost = new HashSet<Delivery>();
        foreach (var settlement in waiting)
        {
            if (feed.Receiver!.Renew(connection, new[] { settlement }) == 0)
            {
                lost.Add(settlement.Delivery);
            }
        }

        var dropped = 0;
        lock (_lock)
        {
            for (var i = feed.Ready.Count; i > 0; i--)
            {
                var delivery = feed.Ready.Dequeue();
                if (lost.Contains(delivery))
                {
                    dropped++;
                }
                else
                {
                    feed.Ready.Enqueue(delivery);
                }
            }
        }

        if (dropped > 0)
        {
            _instruments.LeasesLost.Add(dropped, Instruments.Consumer(_identity.Topic, _identity.Group));
            Log.LeaseLost(_logger, _identity.Topic, _identity.Group, dropped);
        }
    }

    /// <summary>Gives back what is left. Where there is a lease, closing the receiver does that for all it holds, in its order.</summary>
    private async Task CloseAsync(MemberFeed feed)
    {
        if (_lease is null && feed.Ready.Count > 0)
        {
            await SettleAsync(feed.Name, feed.Ready.Select(delivery => new Settlement(delivery, SettlementKind.Release, delivery.Starts)).ToArray(), CancellationToken.None).ConfigureAwait(false);
        }

        await feed.DisposeAsync().ConfigureAwait(false);
    }
}
