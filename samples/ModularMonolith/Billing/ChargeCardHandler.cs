using ModularMonolith.Contracts;
using RedisMessaging;

namespace ModularMonolith.Billing;

/// <summary>Comes from the module's own bus, and publishes what came of it on the shared one.</summary>
internal sealed class ChargeCardHandler(IMessageBus shop, Ledger ledger) : IMessageHandler<ChargeCard>
{
    public async ValueTask HandleAsync(ChargeCard message, MessageContext context, CancellationToken cancellationToken)
    {
        ledger.Charge(message);
        var paid = new OrderPaid(message.Number, message.Product);
        await shop.PublishAsync(paid, new PublishOptions { MessageId = $"paid-{message.Number}" }, cancellationToken);
    }
}
