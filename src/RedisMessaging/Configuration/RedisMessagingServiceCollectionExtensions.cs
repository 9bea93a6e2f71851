using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using RedisMessaging.Configuration.Buses;
using StackExchange.Redis;

namespace RedisMessaging;

/// <summary>
/// Adds buses to a container. Each is an <see cref="IMessageBus"/> to publish with, and a hosted service that runs its handlers. A bus with
/// a name is a keyed service: <c>[FromKeyedServices("orders")] IMessageBus</c>.
/// </summary>
/// <remarks>
/// Several calls for the same bus add to it. They have to agree on the connection and on every option that more than one of them sets.
/// A topic that several of them add has to be the same in each. What does not agree throws, with both calls named.
/// </remarks>
public static partial class RedisMessagingServiceCollectionExtensions
{
    /// <summary>Adds the bus over connections of its own.</summary>
    /// <param name="services">The container.</param>
    /// <param name="connection">
    /// A connection string as StackExchange.Redis reads it (<c>localhost:6379,password=…</c>), a URL
    /// (<c>redis://user:password@localhost:6379/0</c>, <c>rediss://</c> for TLS), or a name in <c>ConnectionStrings</c> of the container's
    /// configuration. One word that is not such a name is a host.
    /// </param>
    /// <param name="configure">Adds topics and handlers.</param>
    /// <returns>The container.</returns>
    /// <exception cref="RedisMessagingConfigurationException">Something is set up wrong; the text names it and the fix.</exception>
    public static IServiceCollection AddRedisMessaging(
        this IServiceCollection services,
        string connection,
        Action<RedisMessagingBuilder> configure) =>
        BusServiceRegistration.Add(services, null, BusConnection.Of(connection), configure);

    /// <summary>Adds the bus over connections of its own, opened with everything in the options: credentials, TLS, tunnels.</summary>
    /// <inheritdoc cref="AddRedisMessaging(IServiceCollection, string, Action{RedisMessagingBuilder})"/>
    /// <param name="services">The container.</param>
    /// <param name="connection">The options; copied.</param>
    /// <param name="configure">Adds topics and handlers.</param>
    public static IServiceCollection AddRedisMessaging(
        this IServiceCollection services,
        ConfigurationOptions connection,
        Action<RedisMessagingBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return BusServiceRegistration.Add(services, null, BusConnection.Of(connection), configure);
    }

    /// <summary>
    /// Adds the bus over a connection that a factory opens; the bus disposes it. Its own blocking connections are opened with the same
    /// configuration string.
    /// </summary>
    /// <inheritdoc cref="AddRedisMessaging(IServiceCollection, string, Action{RedisMessagingBuilder})"/>
    /// <param name="services">The container.</param>
    /// <param name="connection">Opens the connection; called once, at start or on the first publish, and again while it fails.</param>
    /// <param name="configure">Adds topics and handlers.</param>
    public static IServiceCollection AddRedisMessaging(
        this IServiceCollection services,
        Func<IServiceProvider, CancellationToken, Task<IConnectionMultiplexer>> connection,
        Action<RedisMessagingBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return BusServiceRegistration.Add(services, null, BusConnection.Of(connection), configure);
    }

    /// <summary>
    /// Adds the bus over the <see cref="IConnectionMultiplexer"/> that is in the container, which it never disposes. Its own blocking
    /// connections are opened with the same configuration string.
    /// </summary>
    /// <inheritdoc cref="AddRedisMessaging(IServiceCollection, string, Action{RedisMessagingBuilder})"/>
    public static IServiceCollection AddRedisMessaging(this IServiceCollection services, Action<RedisMessagingBuilder> configure) =>
        BusServiceRegistration.Add(services, null, BusConnection.OfContainer(), configure);

    /// <summary>
    /// Adds the bus as a configuration section says: <c>Connection</c> (a connection string, a URL, or a name in <c>ConnectionStrings</c>;
    /// without it the <see cref="IConnectionMultiplexer"/> in the container is used), the settings of <see cref="RedisMessagingOptions"/>,
    /// and <c>Topics:{name}</c> with <c>Transport</c>, the transport's options, and <c>Handlers:{group}</c> with the options of handlers
    /// that are values. Configuration wins over code. A setting that is unknown, misplaced or can't be read fails the start.
    /// </summary>
    /// <inheritdoc cref="AddRedisMessaging(IServiceCollection, string, Action{RedisMessagingBuilder})"/>
    /// <param name="services">The container.</param>
    /// <param name="configuration">The section, often <c>builder.Configuration.GetSection("RedisMessaging")</c>.</param>
    /// <param name="configure">Adds topics and handlers.</param>
    public static IServiceCollection AddRedisMessaging(
        this IServiceCollection services,
        IConfiguration configuration,
        Action<RedisMessagingBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return BusServiceRegistration.Add(services, null, BusConnection.Of(configuration), configure);
    }

    /// <summary>
    /// Adds topics and handlers of a module to the bus without a name. <c>AddRedisMessaging</c>, before or after this, says how that bus
    /// connects; without it the start fails.
    /// </summary>
    /// <param name="services">The container.</param>
    /// <param name="configure">Adds topics and handlers. Runs at once.</param>
    /// <returns>The container.</returns>
    /// <exception cref="RedisMessagingConfigurationException">
    /// Something is set up wrong, or disagrees with what another call said of the bus; the text names both and the fix.
    /// </exception>
    public static IServiceCollection AddRedisMessagingTopics(this IServiceCollection services, Action<RedisMessagingBuilder> configure) =>
        BusServiceRegistration.Add(services, null, null, configure);
}
