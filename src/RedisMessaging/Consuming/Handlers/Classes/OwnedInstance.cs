namespace RedisMessaging.Consuming.Handlers.Classes;

/// <summary>Disposes what a <see cref="IClassSource{T}"/> made.</summary>
internal static class OwnedInstance
{
    public static ValueTask DisposeAsync(object instance)
    {
        if (instance is IAsyncDisposable asyncDisposable)
        {
            return asyncDisposable.DisposeAsync();
        }

        (instance as IDisposable)?.Dispose();
        return ValueTask.CompletedTask;
    }
}
