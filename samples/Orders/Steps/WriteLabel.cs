using RedisMessaging;

namespace Orders;

/// <summary>Writes a parcel's label. Nothing to do about messages that come twice: the same file is written again.</summary>
internal sealed class WriteLabel(DataFolder data) : IMessageHandler<OrderPlaced>
{
    public async ValueTask HandleAsync(OrderPlaced message, MessageContext context, CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync(Path.Combine(data.Labels, $"{message.Number}.txt"), $"{message.Customer}\n{message.Address}\n", cancellationToken);
        Console.WriteLine($"label | order {message.Number} | {message.Customer}, {message.Address}");
    }
}
