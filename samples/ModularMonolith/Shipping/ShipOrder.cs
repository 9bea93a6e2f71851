using ModularMonolith.Contracts;
using RedisMessaging;

namespace ModularMonolith.Shipping;

/// <summary>Ships a paid order.</summary>
internal sealed class ShipOrder(Shipments shipments) : IMessageHandler<OrderPaid>
{
    public ValueTask HandleAsync(OrderPaid message, MessageContext context, CancellationToken cancellationToken)
    {
        shipments.Ship(message);
        return ValueTask.CompletedTask;
    }
}
