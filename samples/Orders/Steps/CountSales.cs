using RedisMessaging;

namespace Orders;

/// <summary>What was sold, by product. Nobody waits for it, so it takes many at a time: a transaction costs about the same for one and for twenty.</summary>
internal sealed class CountSales(StepDatabase database) : IBatchHandler<OrderPlaced>
{
    public const string Schema = """
        CREATE TABLE IF NOT EXISTS sales (message_id TEXT NOT NULL UNIQUE, order_number INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS products (product TEXT PRIMARY KEY, quantity INTEGER NOT NULL, won INTEGER NOT NULL);
        """;

    public async ValueTask HandleAsync(IReadOnlyList<ReceivedMessage<OrderPlaced>> batch, CancellationToken cancellationToken)
    {
        await database.OnceAsync(
            "INSERT INTO sales (message_id, order_number) VALUES (@id, @order) ON CONFLICT (message_id) DO NOTHING",
            "INSERT INTO products (product, quantity, won) VALUES (@product, @quantity, @won) ON CONFLICT (product) DO UPDATE SET quantity = quantity + @quantity, won = won + @won",
            batch.Select(Values),
            cancellationToken);
        Console.WriteLine($"counted | {batch.Count} orders");
    }

    private static (string Name, object Value)[] Values(ReceivedMessage<OrderPlaced> order) =>
    [
        ("@id", order.MessageId),
        ("@order", order.Message.Number),
        ("@product", order.Message.Product),
        ("@quantity", order.Message.Quantity),
        ("@won", order.Message.Won),
    ];
}
