using RedisMessaging.Consuming.Leases;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Topics.Families;

/// <summary>
/// One consumer of a whole family: a receiver for each member. What was read and waits keeps its lease in here: at most two small messages
/// or one large one for each member, and the prefetch beside, in messages and in bytes.
/// </summary>
internal sealed class FamilyReceiver : IReceiver
{
    private readonly FamilyFeeds _feeds;
    private readonly FamilyFollower _follower;
    private readonly FamilyRegistry _registry;
    private readonly FeedCoordination _coordination;
    private readonly FamilySettler _settler;
    private readonly LeaseRenewals _renewals;
    private readonly WaitingLeases? _leases;
    private bool _disposed;

    /// <param name="feeds">The members' feeds.</param>
    /// <param name="follower">Adds a feed for each new member.</param>
    /// <param name="leases"><see langword="null"/> where the transport has no leases.</param>
    public FamilyReceiver(
        FamilyFeeds feeds,
        FamilyFollower follower,
        FamilyRegistry registry,
        FeedCoordination coordination,
        LeaseRenewals renewals,
        WaitingLeases? leases)
    {
        _feeds = feeds;
        _follower = follower;
        _registry = registry;
        _coordination = coordination;
        _renewals = renewals;
        _leases = leases;
        _settler = new FamilySettler(feeds);
    }

    /// <summary>Opens the members there are, and follows the registry for new ones.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        await _feeds.BeginAsync(_registry, cancellationToken).ConfigureAwait(false);
        await _follower.OpenAsync(cancellationToken).ConfigureAwait(false);
        await _feeds.OpenAsync(cancellationToken).ConfigureAwait(false);
        _follower.Start();
        if (_leases is not null)
        {
            _renewals.Add(_leases);
        }
    }

    public ValueTask<int> ReceiveAsync(Memory<Delivery> buffer, ReceiveBounds bounds, CancellationToken cancellationToken)
    {
        _coordination.Pause.End();
        return _coordination.Queue.TakeAsync(buffer, bounds.Bytes, cancellationToken);
    }

    /// <summary>Ends what the members are reading. What they have read is handed out, to be released.</summary>
    public async ValueTask<int> ReceiveOwnAsync(Memory<Delivery> buffer, CancellationToken cancellationToken)
    {
        await _coordination.Pause.BeginAsync().ConfigureAwait(false);
        return _coordination.Queue.Take(buffer.Span);
    }

    public ValueTask<int> SettleAsync(ReadOnlyMemory<Settlement> batch, CancellationToken cancellationToken) =>
        _settler.SettleAsync(batch, cancellationToken);

    public int Renew(ILeaseConnection connection, ReadOnlyMemory<Settlement> batch) => _settler.Renew(connection, batch);

    public bool IsFresh(in Delivery delivery) => _settler.IsFresh(delivery);

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _follower.DisposeAsync().ConfigureAwait(false);
        var feeds = await _feeds.StopAsync().ConfigureAwait(false);
        if (_leases is not null)
        {
            await _renewals.RemoveAsync(_leases).ConfigureAwait(false);
        }

        await Task.WhenAll(feeds.Select(CloseAsync)).ConfigureAwait(false);
    }

    /// <summary>Releases the rest. Where there is a lease, closing the receiver does that for everything it owns, in its order.</summary>
    private async Task CloseAsync(MemberFeed feed)
    {
        if (_leases is null && _coordination.Queue.SettlementsOf(feed, SettlementKind.Release) is { Length: > 0 } rest)
        {
            await FamilySettler.SettleAsync(feed, rest, CancellationToken.None).ConfigureAwait(false);
        }

        await feed.DisposeAsync().ConfigureAwait(false);
    }
}
