using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using RedisMessaging.Bus;
using RedisMessaging.Consuming.Handlers.Classes;
using RedisMessaging.Diagnostics;
using RedisMessaging.Topics;

namespace RedisMessaging.Consuming.Batches;

/// <summary>
/// A batch handler class: from a scope of its own for each batch, where it is registered there, else made with its constructor filled from
/// it.
/// </summary>
internal sealed class ClassBatchHandlerBinding<
    T,
    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>()
    : BatchHandlerBinding(typeof(T), TypeName.Of(typeof(THandler)))
    where THandler : class, IBatchHandler<T>
{
    public override string FullName => TypeName.Full(typeof(THandler));

    public override string Identity => FullName;

    private readonly ClassSource<THandler> _source = new();

    public override void Check(ClassChecks checks) =>
        checks.Require($"Batch handler '{Name}' of '{TypeName.Of(typeof(T))}'", typeof(THandler));

    public override async ValueTask HandleAsync(
        IReadOnlyList<BatchItem> batch,
        IServiceProvider services,
        CancellationToken cancellationToken)
    {
        if (services.GetService<IServiceScopeFactory>() is not { } scopes)
        {
            await HandleInScopeAsync(batch, services, cancellationToken).ConfigureAwait(false);
            return;
        }

        var scope = scopes.CreateAsyncScope();
        try
        {
            await HandleInScopeAsync(batch, scope.ServiceProvider, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await DisposeAfterFailureAsync(scope, batch).ConfigureAwait(false);
            throw;
        }

        await scope.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask HandleInScopeAsync(
        IReadOnlyList<BatchItem> batch,
        IServiceProvider services,
        CancellationToken cancellationToken)
    {
        var handler = _source.Get(services, out var owned);
        try
        {
            await handler.HandleAsync(ToReceived<T>(batch), cancellationToken).ConfigureAwait(false);
        }
        catch when (owned)
        {
            await DisposeAfterFailureAsync(handler, batch).ConfigureAwait(false);
            throw;
        }

        if (owned)
        {
            await OwnedInstance.DisposeAsync(handler).ConfigureAwait(false);
        }
    }

    private ValueTask DisposeAfterFailureAsync(object used, IReadOnlyList<BatchItem> batch)
    {
        var first = batch[0].Context.Context!;
        return ForeignDisposal.AfterFailureAsync(used, first, first.Topic, first.Group, Logger);
    }
}
