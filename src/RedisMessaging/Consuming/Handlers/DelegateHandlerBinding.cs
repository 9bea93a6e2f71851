using RedisMessaging.Diagnostics;

namespace RedisMessaging.Consuming.Handlers;

/// <summary>A handler given as a delegate.</summary>
internal sealed class DelegateHandlerBinding<T>(MessageHandler<T> handler)
    : HandlerBinding(typeof(T), $"delegate for {TypeName.Of(typeof(T))}", needsScope: false)
{
    public override ValueTask HandleAsync(
        object message,
        MessageContext context,
        IServiceProvider services,
        CancellationToken cancellationToken) =>
        handler((T)message, context, cancellationToken);
}
