using System.Diagnostics.CodeAnalysis;

namespace RedisMessaging.Consuming.Handlers.Classes;

/// <summary>The class that a service is registered with.</summary>
internal sealed class RegisteredClass([DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] Type type)
{
    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)]
    public Type Type { get; } = type;
}
