using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace RedisMessaging.Pipeline;

/// <summary>A batch handler class: from a scope of its own for each batch, where it is registered there, else made with its constructor filled from it.</summary>
internal sealed class ClassBatchHandlerBinding<T, [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>()
    : BatchHandlerBinding(typeof(T), typeof(THandler).Name)
    where THandler : class, IBatchHandler<T>
{
    private readonly ObjectFactory<THandler> _create = ActivatorUtilities.CreateFactory<THandler>([]);

    public override async ValueTask HandleAsync(IReadOnlyList<BatchItem> batch, IServiceProvider services, CancellationToken cancellationToken)
    {
        if (services.GetService<IServiceScopeFactory>() is not { } scopes)
        {
            await HandleInScopeAsync(batch, services, cancellationToken).ConfigureAwait(false);
            return;
        }

        var scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            await HandleInScopeAsync(batch, scope.ServiceProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask HandleInScopeAsync(IReadOnlyList<BatchItem> batch, IServiceProvider services, CancellationToken cancellationToken)
    {
        if (services.GetService(typeof(THandler)) is THandler registered)
        {
            await registered.HandleAsync(ToReceived<T>(batch), cancellationToken).ConfigureAwait(false);
            return;
        }

        var made = _create(services, []);
        try
        {
            await made.HandleAsync(ToReceived<T>(batch), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (made is IAsyncDisposable asyncDisposable)
            {
                await asyncDisposable.DisposeAsync().ConfigureAwait(false);
            }
            else
            {
                (made as IDisposable)?.Dispose();
            }
        }
    }
}
