using RedisMessaging;

namespace QuickStart;

/// <summary>Handles greetings, whatever they travel over.</summary>
internal sealed class GreetingHandler(Arrivals arrivals) : IMessageHandler<Greeting>
{
    public ValueTask HandleAsync(Greeting message, MessageContext context, CancellationToken cancellationToken)
    {
        Console.WriteLine($"  arrived    {message.From}: {message.Text}  (on {context.Channel}, attempt {context.Attempt}, from {context.Source ?? "somebody"}{(context.Position is { } position ? $", entry {position}" : "")})");
        arrivals.Add(context.MessageId);
        return ValueTask.CompletedTask;
    }
}
