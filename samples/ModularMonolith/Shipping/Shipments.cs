using System.Collections.Concurrent;
using ModularMonolith.Contracts;

namespace ModularMonolith.Shipping;

/// <summary>What was shipped, once for each order.</summary>
internal sealed class Shipments
{
    private readonly ConcurrentDictionary<int, string> _shipped = new();

    public int Count => _shipped.Count;

    public void Ship(OrderPaid order)
    {
        if (_shipped.TryAdd(order.Number, order.Product))
        {
            Console.WriteLine($"shipping | order {order.Number} shipped: {order.Product}");
        }
    }
}
