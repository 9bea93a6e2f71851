using System.Diagnostics.CodeAnalysis;
using RedisMessaging.Diagnostics;

namespace RedisMessaging.Consuming.Handlers.Classes;

/// <summary>
/// The instances of a class that a user wrote, a handler or a filter: from the container where it is registered, by whatever means, else
/// made with the constructor that the container can fill.
/// </summary>
internal sealed class ClassSource<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TClass>
    : IClassSource<TClass>
    where TClass : class
{
    private ClassConstructor? _constructor;

    public TClass Get(IServiceProvider services, out bool owned)
    {
        // The constructor is known from the first time on: the class is not in the container then.
        if (_constructor is null && services.GetService(typeof(TClass)) is TClass registered)
        {
            owned = false;
            return registered;
        }

        _constructor ??= ClassConstructor.Choose(typeof(TClass), new ServiceKnowledge(services, null), isRegistered: false, out var problem)
            ?? throw new RedisMessagingConfigurationException($"'{TypeName.Of(typeof(TClass))}' can't be made: {problem}");
        var made = (TClass)_constructor.Create(services);
        owned = made is IAsyncDisposable or IDisposable;
        return made;
    }
}
