namespace RedisMessaging.ContractTests;

internal sealed class ForeignHandler(ForeignTrial trial) : IMessageHandler<Note>, IRequestHandler<Note, Sum>, IBatchHandler<Note>, IAsyncDisposable
{
    private bool _hadBad;

    public async ValueTask HandleAsync(Note message, MessageContext context, CancellationToken cancellationToken)
    {
        _hadBad |= message.Text == ForeignTrial.Bad;
        await trial.HandleAsync(message, cancellationToken);
    }

    async ValueTask<Sum> IRequestHandler<Note, Sum>.HandleAsync(Note request, MessageContext context, CancellationToken cancellationToken)
    {
        await HandleAsync(request, context, cancellationToken);
        return new Sum(request.Number);
    }

    public async ValueTask HandleAsync(IReadOnlyList<ReceivedMessage<Note>> batch, CancellationToken cancellationToken)
    {
        var failures = new Dictionary<MessageContext, Exception>();
        foreach (var message in batch)
        {
            try
            {
                await HandleAsync(message.Message, message, cancellationToken);
            }
            catch (Exception error) when (!cancellationToken.IsCancellationRequested)
            {
                failures.Add(message, error);
            }
        }

        if (failures.Count > 0)
        {
            throw new BatchException(failures);
        }
    }

    public ValueTask DisposeAsync() => _hadBad && trial.DisposeThrows ? throw new BrokenException(hasMessage: false) : ValueTask.CompletedTask;
}
