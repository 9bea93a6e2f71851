using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RedisMessaging.Configuration.Settings;
using RedisMessaging.Redis.Connections;
using StackExchange.Redis;

namespace RedisMessaging.Configuration.Buses;

/// <summary>What a call of AddRedisMessaging says of how its bus connects.</summary>
internal sealed class BusConnection
{
    private readonly object _identity;
    private readonly Func<IServiceProvider, string?, ILogger, ConnectionSource> _resolve;

    private BusConnection(object identity, string description, Func<IServiceProvider, string?, ILogger, ConnectionSource> resolve)
    {
        _identity = identity;
        _resolve = resolve;
        Description = description;
    }

    /// <summary>For the text of an error: without what may be a password.</summary>
    public string Description { get; }

    /// <summary>What configures the bus, if it was given.</summary>
    public IConfiguration? Configuration { get; private init; }

    /// <summary>Where that stands, if it is a section.</summary>
    public string? SectionPath => (Configuration as IConfigurationSection)?.Path;

    /// <exception cref="RedisMessagingConfigurationException">It can't be read.</exception>
    public static BusConnection Of(string connection)
    {
        // A word may be a name in ConnectionStrings, which only the container's configuration can tell.
        var source = NamedConnection.MayBeName(connection) ? null : ConnectionSource.From(connection);
        return new(
            connection.Trim(),
            source is null ? $"'{connection}'" : $"a connection string{source.DescribeServers(null)}",
            (provider, _, logger) => source
                ?? NamedConnection.Resolve(connection, "AddRedisMessaging's connection", [provider.GetService<IConfiguration>()], logger));
    }

    public static BusConnection Of(ConfigurationOptions options)
    {
        var source = ConnectionSource.From(options);
        return new(options, $"ConfigurationOptions{source.DescribeServers(null)}", (_, _, _) => source);
    }

    public static BusConnection Of(Func<IServiceProvider, CancellationToken, Task<IConnectionMultiplexer>> factory) =>
        new(factory, "a factory", (provider, _, _) => ConnectionSource.From(token => factory(provider, token)));

    public static BusConnection Of(Func<IServiceProvider, IConnectionMultiplexer> existing) =>
        new(existing, "a connection of the application", (provider, _, _) => ConnectionSource.From(() => existing(provider)));

    public static BusConnection OfContainer() =>
        new(
            typeof(IConnectionMultiplexer),
            "the IConnectionMultiplexer in the container",
            (provider, bus, _) => FromContainer(provider, bus, null, []));

    public static BusConnection Of(IConfiguration configuration) =>
        new(
            configuration is IConfigurationSection given ? (typeof(IConfigurationSection), given.Path.ToUpperInvariant()) : configuration,
            configuration is IConfigurationSection section ? $"the configuration section '{section.Path}'" : "a configuration",
            (provider, bus, logger) => FromConfiguration(provider, bus, configuration, logger))
        {
            Configuration = configuration,
        };

    /// <summary>Whether both calls say the same.</summary>
    public bool Is(BusConnection other) => _identity.Equals(other._identity);

    /// <param name="provider">The container.</param>
    /// <param name="bus">The name of the bus, the key of what it takes from the container.</param>
    /// <param name="logger">For the choice of a name.</param>
    /// <exception cref="RedisMessagingConfigurationException">There is no connection, or it can't be read.</exception>
    public ConnectionSource Resolve(IServiceProvider provider, string? bus, ILogger logger) => _resolve(provider, bus, logger);

    private static ConnectionSource FromConfiguration(IServiceProvider provider, string? bus, IConfiguration configuration, ILogger logger)
    {
        var path = configuration is IConfigurationSection section ? $"{section.Path}:{BusSettings.Connection}" : BusSettings.Connection;
        // A section does not know the configuration it is a part of, which the host puts into the container.
        IConfiguration?[] roots = [provider.GetService<IConfiguration>(), configuration as IConfigurationRoot];
        return configuration[BusSettings.Connection] is { } connection
            ? NamedConnection.Resolve(connection, path, roots, logger)
            : FromContainer(provider, bus, path, roots);
    }

    /// <summary>Looked for now, and taken with the first connect: what makes it is the user's, and may need the bus.</summary>
    private static ConnectionSource FromContainer(IServiceProvider provider, string? bus, string? path, IEnumerable<IConfiguration?> roots)
    {
        return IsThere()
            ? ConnectionSource.From(() => Find() ?? throw NamedConnection.Missing(bus, path, roots))
            : throw NamedConnection.Missing(bus, path, roots);

        bool IsThere() => bus is null
            ? provider.GetService<IServiceProviderIsService>()?.IsService(typeof(IConnectionMultiplexer)) ?? true
            : provider.GetService<IServiceProviderIsKeyedService>()?.IsKeyedService(typeof(IConnectionMultiplexer), bus) ?? true;

        IConnectionMultiplexer? Find() => bus is null
            ? provider.GetService<IConnectionMultiplexer>()
            : provider.GetKeyedService<IConnectionMultiplexer>(bus);
    }
}
