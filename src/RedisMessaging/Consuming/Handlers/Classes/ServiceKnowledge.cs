using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using RedisMessaging.Bus;

namespace RedisMessaging.Consuming.Handlers.Classes;

/// <summary>What is known of a container without taking anything from it.</summary>
/// <param name="services">The container.</param>
/// <param name="registrations">What it was built from, where that is known.</param>
internal sealed class ServiceKnowledge(IServiceProvider services, IServiceCollection? registrations)
{
    private readonly IServiceProviderIsService? _isService = services.GetService(
        typeof(IServiceProviderIsService)) as IServiceProviderIsService;

    private readonly bool _isOfMicrosoft = services.GetType().Namespace?.StartsWith(
        "Microsoft.Extensions.DependencyInjection",
        StringComparison.Ordinal) == true;

    /// <summary>There is no container at all.</summary>
    public bool IsEmpty { get; } = services is EmptyServiceProvider;

    /// <summary>False where the container does not tell: then nothing can be checked before the first message.</summary>
    public bool IsKnown => _isService is not null;

    /// <param name="key">Of a keyed service; <see langword="null"/> for one without a key.</param>
    public bool Has(Type type, object? key) => key is null
        ? _isService?.IsService(type) ?? true
        : _isService is not IServiceProviderIsKeyedService keyed || keyed.IsKeyedService(type, key);

    /// <summary>
    /// The class that a service is registered with, where it is registered by its class alone: not by a factory, as an instance or as an
    /// open generic type. Other containers than Microsoft's may know more than the registrations say.
    /// </summary>
    public bool TryGetClass(Type type, object? key, [NotNullWhen(true)] out RegisteredClass? registered)
    {
        registered = null;
        if (registrations is null || !_isOfMicrosoft)
        {
            return false;
        }

        for (var i = registrations.Count - 1; i >= 0; i--)
        {
            var candidate = registrations[i];
            if (candidate.ServiceType == type && Equals(candidate.ServiceKey, key))
            {
                var found = candidate.IsKeyedService ? candidate.KeyedImplementationType : candidate.ImplementationType;
                registered = found is { ContainsGenericParameters: false } ? new RegisteredClass(found) : null;
                return registered is not null;
            }
        }

        return false;
    }
}
