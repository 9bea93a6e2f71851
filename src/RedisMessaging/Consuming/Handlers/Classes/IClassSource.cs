namespace RedisMessaging.Consuming.Handlers.Classes;

/// <summary>Where instances of a user's class come from.</summary>
/// <typeparam name="T">What the class is used as.</typeparam>
internal interface IClassSource<out T>
    where T : class
{
    /// <param name="services">The provider to take it, or what it needs, from.</param>
    /// <param name="owned">It was made here, and is to be disposed after use: <see cref="OwnedInstance"/>.</param>
    T Get(IServiceProvider services, out bool owned);
}
