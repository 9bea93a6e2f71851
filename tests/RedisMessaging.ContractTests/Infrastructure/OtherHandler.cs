namespace RedisMessaging.ContractTests;

/// <summary>Another handler that does nothing.</summary>
internal sealed class OtherHandler : IMessageHandler<Note>
{
    public ValueTask HandleAsync(Note message, MessageContext context, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
