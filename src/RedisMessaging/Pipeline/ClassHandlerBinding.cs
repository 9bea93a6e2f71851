using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace RedisMessaging.Pipeline;

/// <summary>A handler class: from the container when it is registered there, else made with its constructor filled from the container.</summary>
internal sealed class ClassHandlerBinding<T, [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>()
    : HandlerBinding(typeof(T), typeof(THandler).Name, needsScope: true)
    where THandler : class, IMessageHandler<T>
{
    private readonly ObjectFactory<THandler> _create = ActivatorUtilities.CreateFactory<THandler>([]);

    public override ValueTask HandleAsync(object message, MessageContext context, IServiceProvider services, CancellationToken cancellationToken)
    {
        if (services.GetService(typeof(THandler)) is THandler registered)
        {
            return registered.HandleAsync((T)message, context, cancellationToken);
        }

        var made = _create(services, []);
        return made is IAsyncDisposable or IDisposable
            ? HandleAndDisposeAsync(made, (T)message, context, cancellationToken)
            : made.HandleAsync((T)message, context, cancellationToken);
    }

    private static async ValueTask HandleAndDisposeAsync(THandler handler, T message, MessageContext context, CancellationToken cancellationToken)
    {
        try
        {
            await handler.HandleAsync(message, context, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (handler is IAsyncDisposable asyncDisposable)
            {
                await asyncDisposable.DisposeAsync().ConfigureAwait(false);
            }
            else
            {
                ((IDisposable)handler).Dispose();
            }
        }
    }
}
