using RedisMessaging.Diagnostics;

namespace RedisMessaging.Consuming.Batches;

/// <summary>A batch handler given as a delegate.</summary>
internal sealed class DelegateBatchHandlerBinding<T>(BatchHandler<T> handler)
    : BatchHandlerBinding(typeof(T), $"batch delegate for {TypeName.Of(typeof(T))}")
{
    public override ValueTask HandleAsync(IReadOnlyList<BatchItem> batch, IServiceProvider services, CancellationToken cancellationToken) =>
        handler(ToReceived<T>(batch), cancellationToken);
}
