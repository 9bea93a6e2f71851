using Microsoft.Extensions.Configuration;
using RedisMessaging;

namespace OrderProcessing;

/// <summary>The work: takes its time, and says when it begins and when it is done. Returning acks the order.</summary>
internal sealed class ProcessOrder(IConfiguration settings) : IMessageHandler<Order>
{
    public const string Begins = "begins";
    public const string Done = "done";

    public async ValueTask HandleAsync(Order message, MessageContext context, CancellationToken cancellationToken)
    {
        Say(Begins);
        await Task.Delay(settings.GetValue<TimeSpan>("WorkTime"), cancellationToken);
        Say(Done);

        void Say(string what) => Console.WriteLine($"{what} | {message.Number} | {context.Position} | {message.Customer}: {message.Item}");
    }
}
