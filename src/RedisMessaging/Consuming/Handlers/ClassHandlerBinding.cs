using System.Diagnostics.CodeAnalysis;
using RedisMessaging.Bus;
using RedisMessaging.Consuming.Handlers.Classes;
using RedisMessaging.Diagnostics;
using RedisMessaging.Topics;

namespace RedisMessaging.Consuming.Handlers;

/// <summary>A handler class.</summary>
internal sealed class ClassHandlerBinding<T, [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>()
    : HandlerBinding(typeof(T), TypeName.Of(typeof(THandler)), needsScope: true)
    where THandler : class, IMessageHandler<T>
{
    public override string FullName => TypeName.Full(typeof(THandler));

    public override string Identity => FullName;

    private readonly ClassSource<THandler> _source = new();

    public override void Check(ClassChecks checks) => checks.Require($"Handler '{Name}' of '{TypeName.Of(typeof(T))}'", typeof(THandler));

    public override ValueTask HandleAsync(
        object message,
        MessageContext context,
        IServiceProvider services,
        CancellationToken cancellationToken)
    {
        var handler = _source.Get(services, out var owned);
        return owned
            ? HandleAndDisposeAsync(handler, (T)message, context, cancellationToken)
            : handler.HandleAsync((T)message, context, cancellationToken);
    }

    private async ValueTask HandleAndDisposeAsync(THandler handler, T message, MessageContext context, CancellationToken cancellationToken)
    {
        try
        {
            await handler.HandleAsync(message, context, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await ForeignDisposal.AfterFailureAsync(handler, context, context.Topic, context.Group, Logger).ConfigureAwait(false);
            throw;
        }

        await OwnedInstance.DisposeAsync(handler).ConfigureAwait(false);
    }
}
