namespace RedisMessaging.ContractTests;

internal sealed class ScopedBatchHandler(HandledNotes handled, ScopeId scope) : IBatchHandler<Note>
{
    public ValueTask HandleAsync(IReadOnlyList<ReceivedMessage<Note>> batch, CancellationToken cancellationToken)
    {
        foreach (var message in batch)
        {
            handled.All.Enqueue((message.Message.Number, scope.Value, scope.SeenByFilter));
        }

        return ValueTask.CompletedTask;
    }
}
