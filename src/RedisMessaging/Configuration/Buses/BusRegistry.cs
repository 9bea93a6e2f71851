using Microsoft.Extensions.DependencyInjection;

namespace RedisMessaging.Configuration.Buses;

/// <summary>The buses of a container, while it is being put together.</summary>
internal sealed class BusRegistry
{
    private readonly List<BusRegistration> _buses = [];

    public IReadOnlyList<BusRegistration> Buses => _buses;

    /// <summary>The one of a container. It stands there itself.</summary>
    public static BusRegistry Of(IServiceCollection services)
    {
        var found = services.FirstOrDefault(service => service.ServiceType == typeof(BusRegistry))?.ImplementationInstance as BusRegistry;
        if (found is null)
        {
            services.AddSingleton(found = new BusRegistry());
        }

        return found;
    }

    /// <summary>The bus of a name, if it was mentioned before.</summary>
    /// <exception cref="RedisMessagingConfigurationException">There is one whose name differs by case.</exception>
    public BusRegistration? Find(string? name)
    {
        var found = _buses.Find(bus => string.Equals(bus.Name, name, StringComparison.OrdinalIgnoreCase));
        return found is null || found.Name == name
            ? found
            : throw new RedisMessagingConfigurationException(
                $"The names of the buses '{found.Name}' and '{name}' differ only by case. "
                + "Write both in the same way, or use another name.");
    }

    public void Add(BusRegistration bus) => _buses.Add(bus);
}
