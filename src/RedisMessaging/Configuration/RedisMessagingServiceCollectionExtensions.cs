using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using RedisMessaging.Configuration;
using RedisMessaging.Connections;
using StackExchange.Redis;

namespace RedisMessaging;

/// <summary>Adds the bus to a container: <see cref="IMessageBus"/> to publish with, and a hosted service that runs the handlers.</summary>
public static class RedisMessagingServiceCollectionExtensions
{
    /// <summary>Adds the bus over connections of its own.</summary>
    /// <param name="services">The container.</param>
    /// <param name="connection">A connection string as StackExchange.Redis reads it (<c>localhost:6379,password=…</c>).</param>
    /// <param name="configure">Adds topics and handlers.</param>
    /// <returns>The container.</returns>
    /// <exception cref="RedisMessagingConfigurationException">Something is set up wrong; the text names it and the fix.</exception>
    public static IServiceCollection AddRedisMessaging(this IServiceCollection services, string connection, Action<RedisMessagingBuilder> configure)
    {
        var source = ConnectionSource.From(connection);
        return Add(services, configure, null, _ => source);
    }

    /// <summary>Adds the bus over connections of its own, opened with everything in the options: credentials, TLS, tunnels.</summary>
    /// <inheritdoc cref="AddRedisMessaging(IServiceCollection, string, Action{RedisMessagingBuilder})"/>
    /// <param name="services">The container.</param>
    /// <param name="connection">The options; copied.</param>
    /// <param name="configure">Adds topics and handlers.</param>
    public static IServiceCollection AddRedisMessaging(this IServiceCollection services, ConfigurationOptions connection, Action<RedisMessagingBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(connection);
        var source = ConnectionSource.From(connection);
        return Add(services, configure, null, _ => source);
    }

    /// <summary>Adds the bus over a connection that a factory opens; the bus disposes it. Its own blocking connections are opened with the same configuration string.</summary>
    /// <inheritdoc cref="AddRedisMessaging(IServiceCollection, string, Action{RedisMessagingBuilder})"/>
    /// <param name="services">The container.</param>
    /// <param name="connection">Opens the connection; called once, at start or on the first publish, and again while it fails.</param>
    /// <param name="configure">Adds topics and handlers.</param>
    public static IServiceCollection AddRedisMessaging(this IServiceCollection services, Func<IServiceProvider, CancellationToken, Task<IConnectionMultiplexer>> connection, Action<RedisMessagingBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return Add(services, configure, null, provider => ConnectionSource.From(token => connection(provider, token)));
    }

    /// <summary>Adds the bus over the <see cref="IConnectionMultiplexer"/> that is in the container, which it never disposes. Its own blocking connections are opened with the same configuration string.</summary>
    /// <inheritdoc cref="AddRedisMessaging(IServiceCollection, string, Action{RedisMessagingBuilder})"/>
    public static IServiceCollection AddRedisMessaging(this IServiceCollection services, Action<RedisMessagingBuilder> configure) =>
        Add(services, configure, null, FromContainer);

    /// <summary>
    /// Adds the bus as a configuration section says: <c>Connection</c> (without it the <see cref="IConnectionMultiplexer"/> in the container is used), the settings of
    /// <see cref="RedisMessagingOptions"/>, and <c>Topics:{name}</c> with <c>Transport</c> and the transport's options. Configuration wins over code.
    /// </summary>
    /// <inheritdoc cref="AddRedisMessaging(IServiceCollection, string, Action{RedisMessagingBuilder})"/>
    /// <param name="services">The container.</param>
    /// <param name="configuration">The section, often <c>builder.Configuration.GetSection("RedisMessaging")</c>.</param>
    /// <param name="configure">Adds topics and handlers.</param>
    public static IServiceCollection AddRedisMessaging(this IServiceCollection services, IConfiguration configuration, Action<RedisMessagingBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return Add(services, configure, configuration, provider => configuration["Connection"] is { } connection ? ConnectionSource.From(connection) : FromContainer(provider));
    }

    private static IServiceCollection Add(IServiceCollection services, Action<RedisMessagingBuilder> configure, IConfiguration? configuration, Func<IServiceProvider, ConnectionSource> source)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        if (services.Any(service => service.ServiceType == typeof(RedisMessageBus)))
        {
            throw new RedisMessagingConfigurationException("AddRedisMessaging was called twice on one container. Add all topics and handlers in one call.");
        }

        // Run now, so that mistakes in it are told here.
        var builder = new RedisMessagingBuilder();
        configure(builder);
        builder.Options.Validate();

        var options = services.AddOptions<RedisMessagingOptions>().Configure(builder.Options.CopyTo);
        if (configuration is not null)
        {
            options.Bind(configuration);
        }

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider =>
        {
            var settings = ReadSettings(provider, configuration);
            return new RedisMessageBus(
                builder,
                settings,
                source(provider),
                configuration?.GetSection("Topics"),
                ApplicationName.Of(settings, provider.GetService<IHostEnvironment>()?.ApplicationName),
                provider,
                provider.GetRequiredService<TimeProvider>(),
                provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance);
        });
        services.AddSingleton<IMessageBus>(provider => provider.GetRequiredService<RedisMessageBus>());
        services.AddHostedService<RedisMessagingHostedService>();
        return services;
    }

    private static RedisMessagingOptions ReadSettings(IServiceProvider provider, IConfiguration? configuration)
    {
        try
        {
            return provider.GetRequiredService<IOptions<RedisMessagingOptions>>().Value;
        }
        catch (InvalidOperationException error) when (configuration is not null)
        {
            throw new RedisMessagingConfigurationException($"The configuration of RedisMessaging can't be read: {error.Message}", error);
        }
    }

    private static ConnectionSource FromContainer(IServiceProvider provider) => ConnectionSource.From(
        provider.GetService<IConnectionMultiplexer>()
        ?? throw new RedisMessagingConfigurationException("There is no connection to Redis: register an IConnectionMultiplexer in the container, give AddRedisMessaging a connection string, or set Connection in its configuration section."));
}
