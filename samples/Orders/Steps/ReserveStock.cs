using RedisMessaging;

namespace Orders;

/// <summary>Takes what was ordered from the stock. A product that the catalogue lacks makes it fail, until somebody adds it.</summary>
internal sealed class ReserveStock(StepDatabase database) : IMessageHandler<OrderPlaced>
{
    public const string Schema = """
        CREATE TABLE IF NOT EXISTS stock (product TEXT PRIMARY KEY, quantity INTEGER NOT NULL);
        INSERT OR IGNORE INTO stock VALUES ('사과', 1000), ('배', 1000), ('귤', 1000), ('곶감', 1000), ('햅쌀', 1000);
        CREATE TABLE IF NOT EXISTS reservations (message_id TEXT NOT NULL UNIQUE, order_number INTEGER NOT NULL, product TEXT NOT NULL, quantity INTEGER NOT NULL);
        """;

    public async ValueTask HandleAsync(OrderPlaced message, MessageContext context, CancellationToken cancellationToken)
    {
        if (await database.CountAsync("SELECT COUNT(*) FROM stock WHERE product = @product", ("@product", message.Product)) == 0)
        {
            Console.WriteLine($"failed | order {message.Number} | no {message.Product} in the catalogue, attempt {context.Attempt}");
            throw new UnknownProductException(message.Product);
        }

        await database.OnceAsync(
            "INSERT INTO reservations (message_id, order_number, product, quantity) VALUES (@id, @order, @product, @quantity) ON CONFLICT (message_id) DO NOTHING",
            "UPDATE stock SET quantity = quantity - @quantity WHERE product = @product",
            [[("@id", context.MessageId), ("@order", message.Number), ("@product", message.Product), ("@quantity", message.Quantity)]],
            cancellationToken);
        Console.WriteLine($"reserved | order {message.Number} | {message.Quantity} {message.Product}{(context.RedrivenFrom is null ? "" : ", redriven")}");
    }
}
