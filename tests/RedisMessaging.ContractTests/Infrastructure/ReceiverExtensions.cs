using System.Text;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.ContractTests;

/// <summary>Short ways to say what a test of a receiver says often.</summary>
internal static class ReceiverExtensions
{
    public static string Text(this Delivery delivery) => Encoding.UTF8.GetString(delivery.Frame.Span);

    /// <summary>Receives until there are so many.</summary>
    public static async Task<List<Delivery>> ReceiveAsync(this IReceiver receiver, int count)
    {
        var buffer = new Delivery[count];
        var received = new List<Delivery>();
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        while (received.Count < count)
        {
            var got = await receiver.ReceiveAsync(buffer.AsMemory(0, count - received.Count), deadline.Token);
            received.AddRange(buffer.Take(got));
        }

        return received;
    }

    public static ValueTask<int> ReceiveAsync(this IReceiver receiver, Memory<Delivery> buffer, CancellationToken cancellationToken) => receiver.ReceiveAsync(buffer, new ReceiveBounds(long.MaxValue), cancellationToken);

    public static async Task<int> SettleAsync(this IReceiver receiver, SettlementKind verdict, params IEnumerable<Delivery> deliveries) =>
        await receiver.SettleAsync(deliveries.Select(delivery => new Settlement(delivery, verdict, delivery.Starts + 1)).ToArray(), CancellationToken.None);
}
