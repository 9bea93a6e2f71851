using System.Collections.Concurrent;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using RedisMessaging.Diagnostics;

namespace RedisMessaging.Serialization.Json;

/// <summary>
/// What a message loses when it is written as another type than its own: JSON of a base class has the base class's properties.
/// </summary>
internal sealed class JsonLoss(Func<Type, JsonTypeInfo?> infoOf)
{
    private readonly ConcurrentDictionary<(Type Declared, Type Own), string?> _known = new();
    private readonly ConcurrentDictionary<(JsonTypeInfo Declared, Type Own), string?> _knownParts = new();

    /// <summary>For an error message (<c>its property 'Owner'</c>); <see langword="null"/> when it loses nothing.</summary>
    public string? Describe(Type declared, Type own) =>
        declared == own ? null : _known.GetOrAdd((declared, own), static (pair, loss) => loss.Find(pair.Declared, pair.Own), this);

    /// <summary>The same of what a message is made of, by the settings of what it stands in.</summary>
    public string? Describe(JsonTypeInfo declared, Type own) =>
        _knownParts.GetOrAdd((declared, own), static pair => Find(pair.Declared, pair.Own, InfoOf(pair.Declared, pair.Own)));

    private static JsonTypeInfo? InfoOf(JsonTypeInfo declared, Type own) =>
        declared.Options.TryGetTypeInfo(own, out var info) ? info : null;

    private string? Find(Type declared, Type own) => infoOf(declared) is { } info ? Find(info, own, infoOf(own)) : null;

    private static string? Find(JsonTypeInfo info, Type own, JsonTypeInfo? ownInfo)
    {
        var declared = info.Type;
        // An object is written as what it is.
        if (declared == typeof(object) || JsonTypeCheck.HasOwnConverter(info))
        {
            return null;
        }

        if (info.PolymorphismOptions is { DerivedTypes.Count: > 0 } polymorphism)
        {
            if (polymorphism.DerivedTypes.Any(derived => derived.DerivedType == own))
            {
                return null;
            }

            // Falling back was asked for.
            return polymorphism.UnknownDerivedTypeHandling is JsonUnknownDerivedTypeHandling.FailSerialization
                ? $"everything ([JsonDerivedType] of '{TypeName.Of(declared)}' does not name it)"
                : null;
        }

        if (info.Kind != JsonTypeInfoKind.Object)
        {
            return null;
        }

        return FirstLost(info, own, ownInfo) is { } name ? $"its property '{name}'" : null;
    }

    private static string? FirstLost(JsonTypeInfo declared, Type own, JsonTypeInfo? info)
    {
        if (info is null)
        {
            return JsonObjectCheck.PropertyBetween(own, declared.Type);
        }

        if (info.Kind != JsonTypeInfoKind.Object || JsonTypeCheck.HasOwnConverter(info))
        {
            return TypeName.Of(own);
        }

        var kept = declared.Properties.Where(property => property.Get is not null).ToDictionary(
            property => property.Name,
            property => property.PropertyType,
            StringComparer.Ordinal);
        return info.Properties.FirstOrDefault(
            property => property.Get is not null && kept.GetValueOrDefault(property.Name) != property.PropertyType)?.Name;
    }
}
