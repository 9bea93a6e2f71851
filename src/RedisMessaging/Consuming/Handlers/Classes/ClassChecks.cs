using System.Diagnostics.CodeAnalysis;
using RedisMessaging.Diagnostics;

namespace RedisMessaging.Consuming.Handlers.Classes;

/// <summary>
/// Finds out at the start whether the users' classes can be made: a dependency that is not registered would fail each message until its
/// attempts are used up. Takes nothing from the container.
/// </summary>
internal sealed class ClassChecks(ServiceKnowledge known)
{
    private readonly HashSet<(Type, object?)> _seen = [];

    /// <param name="what">What it is: the start of a sentence.</param>
    /// <exception cref="RedisMessagingConfigurationException">It can't be made; the text names the parameter and the fix.</exception>
    public void Require(string what, [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] Type type)
    {
        if (!known.IsKnown)
        {
            return;
        }

        var problem = known.Has(type, null) ? FindInRegistered(type, null) : FindInClass(type, isRegistered: false);
        if (problem is not null)
        {
            throw new RedisMessagingConfigurationException($"{what} can't be made: {problem}");
        }
    }

    /// <summary>What the container makes from a class is looked into, too. What a factory makes is the factory's affair.</summary>
    private string? FindInRegistered(Type service, object? key)
    {
        if (!_seen.Add((service, key)) || !known.TryGetClass(service, key, out var registered))
        {
            return null;
        }

        var problem = FindInClass(registered.Type, isRegistered: true);
        return problem is null || registered.Type == service ? problem : $"it is '{TypeName.Of(registered.Type)}', and {problem}";
    }

    private string? FindInClass(
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] Type type,
        bool isRegistered)
    {
        var constructor = ClassConstructor.Choose(type, known, isRegistered, out var problem);
        if (constructor is null)
        {
            return problem;
        }

        foreach (var parameter in constructor.Parameters)
        {
            if (FindInRegistered(parameter.Type, parameter.Key) is { } deeper)
            {
                return $"its parameter {parameter.Describe()} can't be made: {deeper}";
            }
        }

        return null;
    }
}
