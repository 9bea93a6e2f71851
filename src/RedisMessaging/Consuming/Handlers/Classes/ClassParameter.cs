using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using RedisMessaging.Diagnostics;

namespace RedisMessaging.Consuming.Handlers.Classes;

/// <summary>A parameter of a constructor, filled from the container.</summary>
internal sealed class ClassParameter
{
    private readonly ParameterInfo _parameter;

    public ClassParameter(ParameterInfo parameter)
    {
        _parameter = parameter;
        Key = parameter.GetCustomAttribute<FromKeyedServicesAttribute>()?.Key;
    }

    public string Name => _parameter.Name ?? "";

    public Type Type => _parameter.ParameterType;

    /// <summary>Of a keyed service; <see langword="null"/> for one without a key.</summary>
    public object? Key { get; }

    public bool IsOptional => _parameter.HasDefaultValue;

    public object? Get(IServiceProvider services)
    {
        var found = Key is null ? services.GetService(Type) : (services as IKeyedServiceProvider)?.GetKeyedService(Type, Key);
        if (found is not null)
        {
            return found;
        }

        return IsOptional
            ? _parameter.DefaultValue
            : throw new InvalidOperationException(
                $"'{_parameter.Member.DeclaringType!.Name}' can't be made: its constructor parameter {Describe()} is not registered in the "
                    + $"container. {Fix()}");
    }

    public string Describe() => $"'{Name}' ({(Key is null ? "" : $"key '{Key}', ")}'{TypeName.Of(Type)}')";

    public string Fix() => Key is null && (Type == typeof(IMessageBus) || Type == typeof(RedisMessageBus))
        ? $"Add a bus without a name, or mark the parameter with the name of its bus: [FromKeyedServices(\"name\")] {TypeName.Of(Type)}."
        : Key is null
        ? $"Register it, such as with services.AddScoped<{TypeName.Of(Type)}>(…), or give the parameter a default value."
        : $"Register it, such as with services.AddKeyedScoped<{TypeName.Of(Type)}>({(Key is string ? $"\"{Key}\"" : Key)}, …), or give "
            + "the parameter a default value.";
}
