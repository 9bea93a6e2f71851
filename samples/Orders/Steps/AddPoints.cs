using RedisMessaging;

namespace Orders;

/// <summary>Gives the customer a point for each hundred won.</summary>
internal sealed class AddPoints(StepDatabase database) : IMessageHandler<OrderPlaced>
{
    public const string Schema = """
        CREATE TABLE IF NOT EXISTS points (message_id TEXT NOT NULL UNIQUE, order_number INTEGER NOT NULL, points INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS customers (customer TEXT PRIMARY KEY, points INTEGER NOT NULL);
        """;

    public async ValueTask HandleAsync(OrderPlaced message, MessageContext context, CancellationToken cancellationToken)
    {
        await database.OnceAsync(
            "INSERT INTO points (message_id, order_number, points) VALUES (@id, @order, @points) ON CONFLICT (message_id) DO NOTHING",
            "INSERT INTO customers (customer, points) VALUES (@customer, @points) ON CONFLICT (customer) DO UPDATE SET points = points + @points",
            [[("@id", context.MessageId), ("@order", message.Number), ("@customer", message.Customer), ("@points", message.Won / 100)]],
            cancellationToken);
        Console.WriteLine($"points | order {message.Number} | {message.Won / 100} for {message.Customer}");
    }
}
