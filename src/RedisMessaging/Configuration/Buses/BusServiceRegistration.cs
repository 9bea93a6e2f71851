using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using RedisMessaging.Diagnostics.Logging;

namespace RedisMessaging.Configuration.Buses;

/// <summary>Adds to the buses of a container, and each bus once to the container itself: with its name as the key, if it has one.</summary>
internal static class BusServiceRegistration
{
    /// <param name="services">The container.</param>
    /// <param name="name">The name of the bus; <see langword="null"/> for the one without.</param>
    /// <param name="connection">How it connects; <see langword="null"/> of a module that leaves that to the application.</param>
    /// <param name="configure">Adds topics and handlers.</param>
    /// <exception cref="RedisMessagingConfigurationException">Something is set up wrong; the text names it and the fix.</exception>
    public static IServiceCollection Add(
        IServiceCollection services,
        string? name,
        BusConnection? connection,
        Action<RedisMessagingBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        var registry = BusRegistry.Of(services);
        var known = registry.Find(name);
        var bus = known ?? new BusRegistration(name, registry);
        bus.Add(new CallPlace(connection is null ? "AddRedisMessagingTopics" : "AddRedisMessaging", configure), connection, configure);
        if (known is null)
        {
            registry.Add(bus);
            Register(services, bus);
        }

        return services;
    }

    private static void Register(IServiceCollection services, BusRegistration bus)
    {
        bus.Builder.Services = services;
        services.AddOptions<RedisMessagingOptions>(bus.OptionsName).Configure(bus.ReadOptions);
        services.TryAddSingleton<HostedBuses>();
        services.TryAddSingleton<BusNeighbours>();
        // Without a key where the name is null.
        services.AddKeyedSingleton(bus.Name, (provider, _) => new DeferredLoggerFactory(provider));
        services.AddKeyedSingleton(bus.Name, (provider, _) => bus.Make(provider));
        services.AddKeyedSingleton<IMessageBus>(bus.Name, (provider, _) => bus.Get(provider));
        services.AddSingleton<IHostedService>(
            provider => new RedisMessagingHostedService(bus.Get(provider), provider.GetRequiredService<HostedBuses>()));
    }
}
