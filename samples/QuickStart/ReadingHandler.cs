using RedisMessaging;

namespace QuickStart;

/// <summary>Counts readings.</summary>
internal sealed class ReadingHandler(ReadingCount count) : IMessageHandler<Reading>
{
    public ValueTask HandleAsync(Reading message, MessageContext context, CancellationToken cancellationToken)
    {
        count.Add(message.Number);
        return ValueTask.CompletedTask;
    }
}
