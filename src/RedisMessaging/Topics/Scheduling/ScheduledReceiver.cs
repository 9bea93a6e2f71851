using RedisMessaging.Consuming.Leases;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Topics.Scheduling;

/// <summary>A receiver that reports its delayed retries to the mover of its topic.</summary>
internal sealed class ScheduledReceiver(IReceiver inner, ReceiverOptions subscription, ScheduleMover mover) : IReceiver
{
    public ValueTask<int> ReceiveAsync(Memory<Delivery> buffer, ReceiveBounds bounds, CancellationToken cancellationToken) =>
        inner.ReceiveAsync(buffer, bounds, cancellationToken);

    public ValueTask<int> ReceiveOwnAsync(Memory<Delivery> buffer, CancellationToken cancellationToken) =>
        inner.ReceiveOwnAsync(buffer, cancellationToken);

    public ValueTask<int> SettleAsync(ReadOnlyMemory<Settlement> batch, CancellationToken cancellationToken) =>
        MinDelay(batch.Span) is { } delay
        ? SettleAsync(batch, delay, cancellationToken)
        : inner.SettleAsync(batch, cancellationToken);

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
            mover.Close(subscription);
        }
    }

    private static TimeSpan? MinDelay(ReadOnlySpan<Settlement> batch)
    {
        TimeSpan? shortest = null;
        foreach (ref readonly var settlement in batch)
        {
            if (settlement.IsDelayed && !(shortest <= settlement.Delay))
            {
                shortest = settlement.Delay;
            }
        }

        return shortest;
    }

    private async ValueTask<int> SettleAsync(ReadOnlyMemory<Settlement> batch, TimeSpan delay, CancellationToken cancellationToken)
    {
        try
        {
            return await inner.SettleAsync(batch, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Of what failed some may be held back all the same.
            mover.Expect(delay);
        }
    }
}
