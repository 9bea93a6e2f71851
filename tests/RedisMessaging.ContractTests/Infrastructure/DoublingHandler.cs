namespace RedisMessaging.ContractTests;

/// <summary>A request handler as a class.</summary>
internal sealed class DoublingHandler : IRequestHandler<Note, Sum>
{
    public ValueTask<Sum> HandleAsync(Note request, MessageContext context, CancellationToken cancellationToken) => ValueTask.FromResult(new Sum(request.Number * 2));
}
