using System.Net;
using RedisMessaging.Background;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;
using TransportContext = RedisMessaging.Transports.Contracts.TransportContext;

namespace RedisMessaging.Transports.PubSub;

/// <summary>
/// Notices when a subscription may have missed messages, and tells once it is live again: whoever reads state anew then, misses nothing in between.
/// </summary>
internal sealed class PubSubGaps : IDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MoveLookInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RejoinInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RefusalLogInterval = TimeSpan.FromSeconds(10);

    private readonly TransportContext _context;
    private readonly ReceiverOptions _subscription;
    private readonly PubSubMembership _membership;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private EndPoint? _endpoint;
    private DateTimeOffset _liveSince;
    private long _sockets;
    private DateTimeOffset? _lostAt;
    private bool _restored;
    private bool _waiting;

    public PubSubGaps(TransportContext context, ReceiverOptions subscription, PubSubMembership membership)
    {
        _context = context;
        _subscription = subscription;
        _membership = membership;
        NoteLive();
        context.Connections.SubscriptionsLost += OnLost;
        context.Connections.SubscriptionsRestored += OnRestored;
        if (((PubSubOptions)context.Options).Sharded && context.Connections.IsCluster)
        {
            _ = BackgroundLoop.StartLasting(nameof(PubSubGaps), context.Logger, WatchMovesAsync, () => _stop.IsCancellationRequested);
        }
    }

    /// <summary>The sockets that were there when the subscription was last known to be live are not all there are now.</summary>
    private bool IsNewSocket => _context.Connections.SubscriptionSockets != _sockets;

    /// <summary>The buffer was full and was emptied.</summary>
    /// <param name="since">When the oldest message in it arrived, or earlier.</param>
    public void NoteOverflow(DateTimeOffset since, long missed) => ThreadPool.UnsafeQueueUserWorkItem(
        static state => state.Gaps.Tell(SubscriptionGapReason.BufferFull, state.Since, state.Until, state.Missed),
        (Gaps: this, Since: since, Until: _context.Time.GetUtcNow(), Missed: missed),
        preferLocal: false);

    public void Dispose()
    {
        _context.Connections.SubscriptionsLost -= OnLost;
        _context.Connections.SubscriptionsRestored -= OnRestored;
        // Not disposed: a look may be under way.
        _stop.Cancel();
    }

    private void OnLost(EndPoint? endpoint)
    {
        lock (_lock)
        {
            // Word of a loss may come when it is over, and after the word of its end.
            var isOver = _membership.Endpoint is not null && !IsNewSocket;
            if (IsOther(endpoint) || isOver)
            {
                return;
            }

            _lostAt ??= _context.Time.GetUtcNow();
            WaitUntilLive();
        }
    }

    private void OnRestored(EndPoint? endpoint)
    {
        lock (_lock)
        {
            if (IsOther(endpoint))
            {
                return;
            }

            if (_lostAt is null)
            {
                if (!IsNewSocket)
                {
                    // The very connection the subscription was made on.
                    return;
                }

                _lostAt = _liveSince;
            }

            _restored = true;
            WaitUntilLive();
        }
    }

    /// <summary>A sharded channel whose slot moves is unsubscribed from by the server (an SUNSUBSCRIBE nobody asked for): no connection is lost, and no event tells.</summary>
    private async Task WatchMovesAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(MoveLookInterval, _context.Time, _stop.Token).ConfigureAwait(false);
                lock (_lock)
                {
                    if (!_waiting && (_membership.Endpoint is not { } endpoint || !endpoint.Equals(_endpoint)))
                    {
                        _lostAt ??= _context.Time.GetUtcNow() - MoveLookInterval;
                        _restored = true;
                        WaitUntilLive();
                    }
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
    }

    /// <summary>In a cluster other nodes come and go without a word to this subscription.</summary>
    private bool IsOther(EndPoint? endpoint) => endpoint is not null && _endpoint is not null && !endpoint.Equals(_endpoint);

    private void WaitUntilLive()
    {
        if (!_waiting)
        {
            _waiting = true;
            _ = BackgroundLoop.StartLasting(nameof(PubSubGaps), _context.Logger, WaitUntilLiveAsync, () => _stop.IsCancellationRequested);
        }
    }

    private async Task WaitUntilLiveAsync()
    {
        try
        {
            var rejoinDue = new IntervalTimer(_context.Time, RejoinInterval);
            var refusalLogDue = new IntervalTimer(_context.Time, RefusalLogInterval);
            refusalLogDue.Force();
            while (true)
            {
                await Task.Delay(LookInterval, _context.Time, _stop.Token).ConfigureAwait(false);
                if (await IsLiveAsync().ConfigureAwait(false) && TryEnd(out var since, out var until))
                {
                    Tell(SubscriptionGapReason.ConnectionLost, since, until, missed: null);
                    return;
                }

                if (rejoinDue.IsDue)
                {
                    await RejoinAsync(refusalLogDue).ConfigureAwait(false);
                    rejoinDue.Restart();
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
    }

    /// <summary>On the connection that came back, or moved to another node.</summary>
    private async ValueTask<bool> IsLiveAsync()
    {
        var endpoint = _membership.Endpoint;
        lock (_lock)
        {
            if (endpoint is null || (endpoint.Equals(_endpoint) && !_restored && !IsNewSocket))
            {
                return false;
            }
        }

        try
        {
            // It was subscribed to again before the ping was sent.
            await _membership.PingAsync().ConfigureAwait(false);
            return true;
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error) || error is OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>There is a connection, and still no subscription: the server may have refused it.</summary>
    private async ValueTask RejoinAsync(IntervalTimer logDue)
    {
        if (_membership.Endpoint is not null || !_membership.IsConnected)
        {
            return;
        }

        using var patience = new CancellationTokenSource(RejoinInterval, _context.Time);
        try
        {
            await _membership.RejoinAsync(patience.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error) || error is OperationCanceledException)
        {
            if (!RedisErrors.IsTransient(error) && logDue.IsDue)
            {
                Log.PubSubRefused(_context.Logger, _subscription.Address, _subscription.Group, error);
                logDue.Restart();
            }
        }
    }

    private bool TryEnd(out DateTimeOffset since, out DateTimeOffset until)
    {
        lock (_lock)
        {
            since = _lostAt ?? _liveSince;
            until = _context.Time.GetUtcNow();
            if (_membership.Endpoint is null)
            {
                // Lost again in the meantime: one gap.
                return false;
            }

            _lostAt = null;
            _restored = false;
            _waiting = false;
            NoteLive();
            return true;
        }
    }

    private void NoteLive()
    {
        _endpoint = _membership.Endpoint;
        _liveSince = _context.Time.GetUtcNow();
        _sockets = _context.Connections.SubscriptionSockets;
    }

    private void Tell(SubscriptionGapReason reason, DateTimeOffset since, DateTimeOffset until, long? missed)
    {
        _context.Instruments.Gaps.Add(1, Instruments.Consumer(_context.Topic, _subscription.Group, reason == SubscriptionGapReason.BufferFull ? "buffer-full" : "connection-lost"));
        Log.PubSubGap(_context.Logger, _subscription.Address, _subscription.Group, reason, (until - since).TotalSeconds, since, until);
        _subscription.OnGap?.Invoke(new SubscriptionGap
        {
            Topic = _subscription.Address,
            Group = _subscription.Group,
            Reason = reason,
            Since = since,
            Until = until,
            Missed = missed,
        });
    }
}
