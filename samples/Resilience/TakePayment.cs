using RedisMessaging;

namespace Resilience;

/// <summary>The handler. It knows nothing of retries.</summary>
internal sealed class TakePayment(CardGateway gateway, Ledger ledger) : IMessageHandler<Charge>
{
    public async ValueTask HandleAsync(Charge message, MessageContext context, CancellationToken cancellationToken)
    {
        ledger.Called();
        if (message.Card == "expired")
        {
            throw new DeadLetterException("card-expired");
        }

        await gateway.ChargeAsync(message, cancellationToken);
        ledger.Charged(message.Order, context.Attempt);
    }
}
