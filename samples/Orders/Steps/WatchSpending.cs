using RedisMessaging;

namespace Orders;

/// <summary>Knows what each customer usually spends, which takes all orders there ever were.</summary>
internal sealed class WatchSpending(StepDatabase database) : IMessageHandler<OrderPlaced>
{
    public const string Schema = """
        CREATE TABLE IF NOT EXISTS orders (message_id TEXT NOT NULL UNIQUE, order_number INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS spending (customer TEXT PRIMARY KEY, orders INTEGER NOT NULL, won INTEGER NOT NULL);
        """;

    public async ValueTask HandleAsync(OrderPlaced message, MessageContext context, CancellationToken cancellationToken)
    {
        await database.OnceAsync(
            "INSERT INTO orders (message_id, order_number) VALUES (@id, @order) ON CONFLICT (message_id) DO NOTHING",
            "INSERT INTO spending (customer, orders, won) VALUES (@customer, 1, @won) ON CONFLICT (customer) DO UPDATE SET orders = orders + 1, won = won + @won",
            [[("@id", context.MessageId), ("@order", message.Number), ("@customer", message.Customer), ("@won", message.Won)]],
            cancellationToken);
        Console.WriteLine($"watched | order {message.Number} | of {context.PublishedAt:HH:mm:ss}");
    }
}
