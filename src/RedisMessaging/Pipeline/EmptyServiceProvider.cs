namespace RedisMessaging.Pipeline;

/// <summary>Without a container: handler classes need constructors without parameters.</summary>
internal sealed class EmptyServiceProvider : IServiceProvider
{
    public static readonly EmptyServiceProvider Instance = new();

    public object? GetService(Type serviceType) => null;
}
