namespace RedisMessaging.ContractTests;

/// <summary>A handler that does nothing.</summary>
internal sealed class QuietHandler : IMessageHandler<Note>
{
    public ValueTask HandleAsync(Note message, MessageContext context, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
