using RedisMessaging.Configuration.Topics;
using RedisMessaging.Diagnostics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Topics.Families;

/// <summary>
/// Keeps from handlers what came over channels that the glob matches and the family's parameters do not: they are other topics', and
/// nothing is wrong with them.
/// </summary>
internal sealed class PatternReceiver(IReceiver inner, TopicDefinition family, string group, Instruments instruments) : IReceiver
{
    public async ValueTask<int> ReceiveAsync(Memory<Delivery> buffer, ReceiveBounds bounds, CancellationToken cancellationToken)
    {
        while (true)
        {
            var received = await inner.ReceiveAsync(buffer, bounds, cancellationToken).ConfigureAwait(false);
            var kept = Keep(buffer.Span[..received]);
            if (kept < received)
            {
                instruments.Ignored.Add(received - kept, Instruments.Consumer(family.Name, group));
            }

            if (kept > 0)
            {
                return kept;
            }
        }
    }

    public ValueTask<int> ReceiveOwnAsync(Memory<Delivery> buffer, CancellationToken cancellationToken) =>
        inner.ReceiveOwnAsync(buffer, cancellationToken);

    public ValueTask<int> SettleAsync(ReadOnlyMemory<Settlement> batch, CancellationToken cancellationToken) =>
        inner.SettleAsync(batch, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private int Keep(Span<Delivery> received)
    {
        var kept = 0;
        foreach (ref readonly var delivery in received)
        {
            if (family.Pattern!.Matches(delivery.Channel))
            {
                received[kept++] = delivery;
            }
        }

        return kept;
    }
}
