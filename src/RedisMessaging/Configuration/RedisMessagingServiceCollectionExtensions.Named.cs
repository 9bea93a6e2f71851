using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using RedisMessaging.Configuration.Buses;
using StackExchange.Redis;

namespace RedisMessaging;

/// <content>Buses with a name.</content>
public static partial class RedisMessagingServiceCollectionExtensions
{
    /// <summary>
    /// Adds a bus with a name, over connections of its own. The name is the key of its <see cref="IMessageBus"/> and
    /// <see cref="RedisMessageBus"/>, and the name of its <see cref="RedisMessagingOptions"/>. It logs to the category
    /// <c>RedisMessaging.{name}.{area}</c>, and its metrics have the tag <c>redis_messaging.bus</c>.
    /// </summary>
    /// <param name="services">The container.</param>
    /// <param name="name">The name of the bus: 1 to 100 ASCII letters, digits and <c>. _ -</c></param>
    /// <param name="connection">
    /// A connection string as StackExchange.Redis reads it (<c>localhost:6379,password=…</c>), a URL
    /// (<c>redis://user:password@localhost:6379/0</c>), or a name in <c>ConnectionStrings</c> of the container's configuration. One
    /// word that is not such a name is a host.
    /// </param>
    /// <param name="configure">Adds topics and handlers. Runs at once.</param>
    /// <returns>The container.</returns>
    /// <exception cref="RedisMessagingConfigurationException">
    /// Something is set up wrong, or disagrees with what another call said of the bus; the text names both and the fix.
    /// </exception>
    public static IServiceCollection AddRedisMessaging(
        this IServiceCollection services,
        string name,
        string connection,
        Action<RedisMessagingBuilder> configure)
    {
        BusName.Validate(name);
        return BusServiceRegistration.Add(services, name, BusConnection.Of(connection), configure);
    }

    /// <summary>
    /// Adds a bus with a name, over connections of its own, opened with everything in the options: credentials, TLS, tunnels.
    /// </summary>
    /// <inheritdoc cref="AddRedisMessaging(IServiceCollection, string, string, Action{RedisMessagingBuilder})"/>
    /// <param name="services">The container.</param>
    /// <param name="name">The name of the bus: 1 to 100 ASCII letters, digits and <c>. _ -</c></param>
    /// <param name="connection">The options; copied.</param>
    /// <param name="configure">Adds topics and handlers. Runs at once.</param>
    public static IServiceCollection AddRedisMessaging(
        this IServiceCollection services,
        string name,
        ConfigurationOptions connection,
        Action<RedisMessagingBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(connection);
        BusName.Validate(name);
        return BusServiceRegistration.Add(services, name, BusConnection.Of(connection), configure);
    }

    /// <summary>
    /// Adds a bus with a name, over a connection that a factory opens; the bus disposes it. Its own blocking connections are opened
    /// with the same configuration string.
    /// </summary>
    /// <inheritdoc cref="AddRedisMessaging(IServiceCollection, string, string, Action{RedisMessagingBuilder})"/>
    /// <param name="services">The container.</param>
    /// <param name="name">The name of the bus: 1 to 100 ASCII letters, digits and <c>. _ -</c></param>
    /// <param name="connection">Opens the connection; called once, at start or on the first publish, and again while it fails.</param>
    /// <param name="configure">Adds topics and handlers. Runs at once.</param>
    public static IServiceCollection AddRedisMessaging(
        this IServiceCollection services,
        string name,
        Func<IServiceProvider, CancellationToken, Task<IConnectionMultiplexer>> connection,
        Action<RedisMessagingBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(connection);
        BusName.Validate(name);
        return BusServiceRegistration.Add(services, name, BusConnection.Of(connection), configure);
    }

    /// <summary>
    /// Adds a bus with a name, over an <see cref="IConnectionMultiplexer"/> of the application, which the bus never disposes:
    /// <c>provider => provider.GetRequiredKeyedService&lt;IConnectionMultiplexer>("orders")</c>. Its own blocking connections are
    /// opened with the same configuration string.
    /// </summary>
    /// <inheritdoc cref="AddRedisMessaging(IServiceCollection, string, string, Action{RedisMessagingBuilder})"/>
    /// <param name="services">The container.</param>
    /// <param name="name">The name of the bus: 1 to 100 ASCII letters, digits and <c>. _ -</c></param>
    /// <param name="connection">Finds the connection; called at start or on the first publish.</param>
    /// <param name="configure">Adds topics and handlers. Runs at once.</param>
    public static IServiceCollection AddRedisMessaging(
        this IServiceCollection services,
        string name,
        Func<IServiceProvider, IConnectionMultiplexer> connection,
        Action<RedisMessagingBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(connection);
        BusName.Validate(name);
        return BusServiceRegistration.Add(services, name, BusConnection.Of(connection), configure);
    }

    /// <summary>
    /// Adds a bus with a name as a configuration section of its own says. Without <c>Connection</c> in it, the
    /// <see cref="IConnectionMultiplexer"/> in the container whose key is the name of the bus is used, and never disposed. For the rest
    /// see <see cref="AddRedisMessaging(IServiceCollection, IConfiguration, Action{RedisMessagingBuilder})"/>.
    /// </summary>
    /// <inheritdoc cref="AddRedisMessaging(IServiceCollection, string, string, Action{RedisMessagingBuilder})"/>
    /// <param name="services">The container.</param>
    /// <param name="name">The name of the bus: 1 to 100 ASCII letters, digits and <c>. _ -</c></param>
    /// <param name="configuration">
    /// The section, such as <c>builder.Configuration.GetSection("Messaging:Orders")</c>. It must not be a part of another bus's
    /// section.
    /// </param>
    /// <param name="configure">Adds topics and handlers. Runs at once.</param>
    public static IServiceCollection AddRedisMessaging(
        this IServiceCollection services,
        string name,
        IConfiguration configuration,
        Action<RedisMessagingBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        BusName.Validate(name);
        return BusServiceRegistration.Add(services, name, BusConnection.Of(configuration), configure);
    }

    /// <summary>
    /// Adds topics and handlers of a module to the bus with a name. <c>AddRedisMessaging</c> with that name, before or after this, says
    /// how the bus connects; without it the start fails.
    /// </summary>
    /// <param name="services">The container.</param>
    /// <param name="name">The name of the bus.</param>
    /// <param name="configure">Adds topics and handlers. Runs at once.</param>
    /// <returns>The container.</returns>
    /// <exception cref="RedisMessagingConfigurationException">
    /// Something is set up wrong, or disagrees with what another call said of the bus; the text names both and the fix.
    /// </exception>
    public static IServiceCollection AddRedisMessagingTopics(
        this IServiceCollection services,
        string name,
        Action<RedisMessagingBuilder> configure)
    {
        BusName.Validate(name);
        return BusServiceRegistration.Add(services, name, null, configure);
    }
}
