using Microsoft.Extensions.DependencyInjection;
using ModularMonolith.Contracts;
using RedisMessaging;

namespace ModularMonolith.Billing;

/// <summary>Comes from the shared bus, and puts work on the module's own, which the attribute names.</summary>
internal sealed class RequestCharge([FromKeyedServices(BillingModule.Bus)] IMessageBus billing) : IMessageHandler<OrderPlaced>
{
    public async ValueTask HandleAsync(OrderPlaced message, MessageContext context, CancellationToken cancellationToken)
    {
        // The id says what it is about: an order that comes twice is charged once.
        var charge = new ChargeCard(message.Number, message.Product, message.Won);
        await billing.PublishAsync(charge, new PublishOptions { MessageId = $"order-{message.Number}" }, cancellationToken);
    }
}
