namespace RedisMessaging.Consuming.Handlers.Classes;

/// <summary>An instance that the user made, and disposes if it has to be disposed.</summary>
internal sealed class InstanceSource<T>(T instance) : IClassSource<T>
    where T : class
{
    public T Get(IServiceProvider services, out bool owned)
    {
        owned = false;
        return instance;
    }
}
