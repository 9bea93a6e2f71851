using Microsoft.Extensions.DependencyInjection;

namespace RedisMessaging.Bus;

/// <summary>Without a container: handler classes need constructors without parameters.</summary>
internal sealed class EmptyServiceProvider : IServiceProvider, IServiceProviderIsKeyedService
{
    public static readonly EmptyServiceProvider Instance = new();

    public object? GetService(Type serviceType) => serviceType == typeof(IServiceProviderIsService) ? this : null;

    public bool IsService(Type serviceType) => false;

    public bool IsKeyedService(Type serviceType, object? serviceKey) => false;
}
