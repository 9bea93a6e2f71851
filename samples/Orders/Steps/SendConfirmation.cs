using RedisMessaging;

namespace Orders;

/// <summary>Tells the customer, by mail or SMS. The message's id is the gateway's idempotency key, so that one that comes twice is sent once.</summary>
internal sealed class SendConfirmation(MailGateway gateway) : IMessageHandler<OrderPlaced>
{
    public async ValueTask HandleAsync(OrderPlaced message, MessageContext context, CancellationToken cancellationToken)
    {
        await gateway.SendAsync(context.MessageId, message.Contact, $"{message.Customer}님, 주문 {message.Number}번({message.Product} {message.Quantity}개)이 접수되었습니다.", cancellationToken);
        Console.WriteLine($"sent | order {message.Number} | to {message.Contact}, attempt {context.Attempt}");
    }
}
