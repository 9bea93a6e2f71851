using ModularMonolith.Contracts;
using RedisMessaging;

namespace ModularMonolith.Ordering;

/// <summary>Where customers order.</summary>
internal sealed class OrderDesk(IMessageBus shop)
{
    private static readonly (string Product, int Won)[] Products = [("사과", 3_500), ("배", 5_000), ("귤", 1_200), ("곶감", 8_900)];

    public async Task PlaceAsync(int number)
    {
        var (product, won) = Products[number % Products.Length];
        await shop.PublishAsync(new OrderPlaced(number, product, won));
        Console.WriteLine($"ordering | order {number} placed: {product}");
    }
}
