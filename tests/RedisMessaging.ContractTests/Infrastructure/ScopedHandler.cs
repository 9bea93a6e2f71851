namespace RedisMessaging.ContractTests;

internal sealed class ScopedHandler(HandledNotes handled, ScopeId scope) : IMessageHandler<Note>
{
    public ValueTask HandleAsync(Note message, MessageContext context, CancellationToken cancellationToken)
    {
        handled.All.Enqueue((message.Number, scope.Value, scope.SeenByFilter));
        return ValueTask.CompletedTask;
    }
}
