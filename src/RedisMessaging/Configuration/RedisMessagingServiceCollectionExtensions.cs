using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RedisMessaging.Configuration;
using RedisMessaging.Connections;
using RedisMessaging.Diagnostics;
using StackExchange.Redis;

namespace RedisMessaging;

/// <summary>Adds the bus to a container: <see cref="IMessageBus"/> to publish with, and a hosted service that runs the handlers.</summary>
public static class RedisMessagingServiceCollectionExtensions
{
    /// <summary>Adds the bus over connections of its own.</summary>
    /// <param name="services">The container.</param>
    /// <param name="connection">
    /// A connection string as StackExchange.Redis reads it (<c>localhost:6379,password=…</c>), a URL (<c>redis://user:password@localhost:6379/0</c>, <c>rediss://</c> for TLS), or a name in
    /// <c>ConnectionStrings</c> of the container's configuration. One word that is not such a name is a host.
    /// </param>
    /// <param name="configure">Adds topics and handlers.</param>
    /// <returns>The container.</returns>
    /// <exception cref="RedisMessagingConfigurationException">Something is set up wrong; the text names it and the fix.</exception>
    public static IServiceCollection AddRedisMessaging(this IServiceCollection services, string connection, Action<RedisMessagingBuilder> configure)
    {
        // A word may be a name in ConnectionStrings, which only the container's configuration can tell.
        var source = NamedConnection.MayBeName(connection) ? null : ConnectionSource.From(connection);
        return Add(
            services,
            configure,
            null,
            provider => source ?? NamedConnection.Resolve(connection, "AddRedisMessaging's connection", [provider.GetService<IConfiguration>()], LoggerOf(provider)));
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
    /// Adds the bus as a configuration section says: <c>Connection</c> (a connection string, a URL, or a name in <c>ConnectionStrings</c>; without it the <see cref="IConnectionMultiplexer"/> in
    /// the container is used), the settings of <see cref="RedisMessagingOptions"/>, and <c>Topics:{name}</c> with <c>Transport</c>, the transport's options, and <c>Handlers:{group}</c> with
    /// the options of handlers that are values. Configuration wins over code. A setting that is unknown, misplaced or can't be read fails the start.
    /// </summary>
    /// <inheritdoc cref="AddRedisMessaging(IServiceCollection, string, Action{RedisMessagingBuilder})"/>
    /// <param name="services">The container.</param>
    /// <param name="configuration">The section, often <c>builder.Configuration.GetSection("RedisMessaging")</c>.</param>
    /// <param name="configure">Adds topics and handlers.</param>
    public static IServiceCollection AddRedisMessaging(this IServiceCollection services, IConfiguration configuration, Action<RedisMessagingBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return Add(services, configure, configuration, provider => FromConfiguration(provider, configuration));
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
            options.Configure(settings => BusSettings.Read(configuration, settings));
        }

        builder.Services = services;
        services.AddSingleton(provider => new DeferredLoggerFactory(provider));
        services.AddSingleton(provider => BusFactory.Make(builder, provider.GetRequiredService<DeferredLoggerFactory>(), () =>
        {
            var settings = provider.GetRequiredService<IOptions<RedisMessagingOptions>>().Value;
            if (configuration is not null)
            {
                BusSection.Check(configuration, provider.GetService<IConfiguration>(), [.. builder.Topics.Select(topic => topic.Name)], LoggerOf(provider));
            }

            return new RedisMessageBus(
                builder,
                settings,
                source(provider),
                configuration?.GetSection("Topics"),
                ApplicationName.Of(settings, provider.GetService<IHostEnvironment>()?.ApplicationName),
                provider,
                BusClock.Of(provider),
                provider.GetRequiredService<DeferredLoggerFactory>());
        }));
        services.AddSingleton<IMessageBus>(provider => provider.GetRequiredService<RedisMessageBus>());
        services.AddHostedService<RedisMessagingHostedService>();
        return services;
    }

    private static ConnectionSource FromConfiguration(IServiceProvider provider, IConfiguration configuration)
    {
        var path = configuration is IConfigurationSection section ? $"{section.Path}:{BusSettings.Connection}" : BusSettings.Connection;
        // A section does not know the configuration it is a part of, which the host puts into the container.
        IConfiguration?[] roots = [provider.GetService<IConfiguration>(), configuration as IConfigurationRoot];
        return configuration[BusSettings.Connection] is { } connection ? NamedConnection.Resolve(connection, path, roots, LoggerOf(provider)) : FromContainer(provider, path, roots);
    }

    private static ConnectionSource FromContainer(IServiceProvider provider) => FromContainer(provider, null, []);

    /// <summary>Looked for now, and taken with the first connect: what makes it is the user's, and may need the bus.</summary>
    private static ConnectionSource FromContainer(IServiceProvider provider, string? path, IEnumerable<IConfiguration?> roots) =>
        provider.GetService<IServiceProviderIsService>() is { } known && !known.IsService(typeof(IConnectionMultiplexer))
            ? throw NamedConnection.Missing(path, roots)
            : ConnectionSource.From(() => provider.GetService<IConnectionMultiplexer>() ?? throw NamedConnection.Missing(path, roots));

    private static ILogger LoggerOf(IServiceProvider provider) => GuardedLogger.Create(provider.GetRequiredService<DeferredLoggerFactory>());
}
