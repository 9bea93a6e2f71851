using RedisMessaging.Consuming.Leases;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Topics.Families;

/// <summary>A receiver whose member is not forgotten while it is open.</summary>
internal sealed class MemberReceiver(IReceiver inner, FamilyMember member, FamilyMembers members) : IReceiver
{
    public ValueTask<int> ReceiveAsync(Memory<Delivery> buffer, ReceiveBounds bounds, CancellationToken cancellationToken) =>
        inner.ReceiveAsync(buffer, bounds, cancellationToken);

    public ValueTask<int> ReceiveOwnAsync(Memory<Delivery> buffer, CancellationToken cancellationToken) =>
        inner.ReceiveOwnAsync(buffer, cancellationToken);

    public ValueTask<int> SettleAsync(ReadOnlyMemory<Settlement> batch, CancellationToken cancellationToken) =>
        inner.SettleAsync(batch, cancellationToken);

    public int Renew(ILeaseConnection connection, ReadOnlyMemory<Settlement> batch) => inner.Renew(connection, batch);

    public bool IsFresh(in Delivery delivery) => inner.IsFresh(delivery);

    public async ValueTask DisposeAsync()
    {
        try
        {
            await inner.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            members.Release(member);
        }
    }
}
