using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace RedisMessaging.Pipeline;

/// <summary>A handler class's instances: from the container when it is registered there, else made with its constructor filled from the container.</summary>
internal sealed class HandlerSource<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>
    where THandler : class
{
    private readonly ObjectFactory<THandler> _create = ActivatorUtilities.CreateFactory<THandler>([]);

    /// <param name="owned">It was made here, and is to be disposed after use.</param>
    public THandler Get(IServiceProvider services, out bool owned)
    {
        if (services.GetService(typeof(THandler)) is THandler registered)
        {
            owned = false;
            return registered;
        }

        var made = _create(services, []);
        owned = made is IAsyncDisposable or IDisposable;
        return made;
    }

    public static ValueTask DisposeAsync(THandler handler)
    {
        if (handler is IAsyncDisposable asyncDisposable)
        {
            return asyncDisposable.DisposeAsync();
        }

        ((IDisposable)handler).Dispose();
        return ValueTask.CompletedTask;
    }
}
