using System.Collections;
using System.Collections.Concurrent;
using System.Text.Json.Serialization.Metadata;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Diagnostics;

namespace RedisMessaging.Serialization.Json;

/// <summary>
/// Refuses what a message is made of where it would be written as less than it is: an item of a list, or the value of a property, whose own
/// type has more properties than the declared one. Costs nothing for types that are made of sealed types; elsewhere a look at each such
/// value, and never a second run of a sequence that is not a list.
/// </summary>
internal sealed class JsonParts(JsonLoss loss)
{
    /// <summary>The serializer refuses what is deeper, or goes round in circles.</summary>
    private const int Deepest = 64;

    private static readonly Part[] None = [];

    private readonly ConcurrentDictionary<JsonTypeInfo, Part[]> _parts = new();

    /// <summary>Whether there is anything to look at in a message of a type.</summary>
    public static bool MayLose(JsonTypeInfo info) => MayLose(info, []);

    /// <param name="info">Of what the message is written as.</param>
    /// <exception cref="NotSupportedException">A part of it would lose properties.</exception>
    public void Check(JsonTypeInfo info, object message)
    {
        var written = info.PolymorphismOptions is not null && message.GetType() != info.Type && Look(info, message.GetType()) is { } derived
            ? derived
            : info;
        CheckParts(PartsOf(written), message, depth: 0);
    }

    private void CheckParts(Part[] parts, object owner, int depth)
    {
        foreach (var part in parts)
        {
            var value = part.Get is null ? owner : part.Get(owner);
            if (!part.AreItems)
            {
                CheckValue(part, value, depth);
            }
            else if (value is IList list)
            {
                for (var i = 0; i < list.Count; i++)
                {
                    CheckValue(part, list[i], depth);
                }
            }
            else if (value is IDictionary values)
            {
                CheckAll(part, values.Values, depth);
            }
            else if (value is IEnumerable items
                && (
                        value is ICollection
                            || value.GetType().Namespace?.StartsWith("System.Collections", StringComparison.Ordinal) == true))
            {
                CheckAll(part, items, depth);
            }
        }
    }

    private void CheckAll(Part part, IEnumerable items, int depth)
    {
        foreach (var item in items)
        {
            CheckValue(part, item, depth);
        }
    }

    private void CheckValue(Part part, object? value, int depth)
    {
        if (value is null || depth > Deepest)
        {
            return;
        }

        var own = value.GetType();
        var info = part.Info;
        if (own != info.Type)
        {
            if (loss.Describe(info, own) is { } lost)
            {
                var (from, to) = (TypeName.Among(own, info.Type), TypeName.Among(info.Type, own));
                throw new NotSupportedException(
                    $"'{part.Name}' holds a '{from}' and is written as a '{to}', which would lose {lost}. Put "
                        + $"[JsonDerivedType(typeof({from}), \"…\")] on '{to}', or declare '{part.Name}' as '{from}'.");
            }

            // One of those that its attribute names.
            info = info.PolymorphismOptions is not null && Look(info, own) is { } derived ? derived : info;
        }

        CheckParts(PartsOf(info), value, depth + 1);
    }

    private Part[] PartsOf(JsonTypeInfo info) =>
        _parts.TryGetValue(info, out var known) ? known : _parts[info] = MayLose(info, []) ? Find(info) : None;

    private static Part[] Find(JsonTypeInfo info) => info.Kind switch
    {
        JsonTypeInfoKind.Enumerable or JsonTypeInfoKind.Dictionary =>
            info.ElementType is { } element && Look(info, element) is { } items && IsWatched(items)
            ? [new Part(TypeName.Of(info.Type) + "[]", null, items, AreItems: true)]
            : None,
        JsonTypeInfoKind.Object => [.. info.Properties.Where(IsLookedAt).SelectMany(property => PartsOf(info, property))],
        _ => None,
    };

    private static IEnumerable<Part> PartsOf(JsonTypeInfo info, JsonPropertyInfo property)
    {
        if (Look(info, property.PropertyType) is not { } type)
        {
            yield break;
        }

        var name = $"{TypeName.Of(info.Type)}." + JsonObjectCheck.MemberName(property);
        if (type.Kind is JsonTypeInfoKind.Enumerable or JsonTypeInfoKind.Dictionary)
        {
            if (type.ElementType is { } element && Look(type, element) is { } items && IsWatched(items))
            {
                yield return new Part(name + "[]", property.Get, items, AreItems: true);
            }
        }
        else if (IsWatched(type))
        {
            yield return new Part(name, property.Get, type, AreItems: false);
        }
    }

    /// <summary>What a value may be more than, or be made of what may be.</summary>
    private static bool IsWatched(JsonTypeInfo type) => MayLose(type, []) || (type.Kind == JsonTypeInfoKind.Object && IsOpen(type));

    private static bool IsOpen(JsonTypeInfo type) =>
        !type.Type.IsSealed && type.Type != typeof(object) && !JsonTypeCheck.HasOwnConverter(type);

    private static bool IsLookedAt(JsonPropertyInfo property) =>
        property is { Get: not null, CustomConverter: null, IsExtensionData: false } && JsonObjectCheck.IsRead(property);

    /// <summary>Whether anything below a type is open to derived types.</summary>
    private static bool MayLose(JsonTypeInfo info, HashSet<Type> seen)
    {
        if (!seen.Add(info.Type) || JsonTypeCheck.HasOwnConverter(info))
        {
            return false;
        }

        var below = info.Kind switch
        {
            JsonTypeInfoKind.Object => info.Properties.Where(IsLookedAt).Select(property => Look(info, property.PropertyType)),
            JsonTypeInfoKind.Enumerable or JsonTypeInfoKind.Dictionary when info.ElementType is { } element => [Look(info, element)],
            _ => [],
        };
        return below.Concat(DerivedOf(info)).OfType<JsonTypeInfo>().Any(
            type => (type.Kind == JsonTypeInfoKind.Object && IsOpen(type)) || MayLose(type, seen));
    }

    private static IEnumerable<JsonTypeInfo?> DerivedOf(JsonTypeInfo info) =>
        info.PolymorphismOptions?.DerivedTypes.Where(
            derived => derived.DerivedType != info.Type).Select(derived => Look(info, derived.DerivedType))
            ?? [];

    private static JsonTypeInfo? Look(JsonTypeInfo from, Type type) => from.Options.TryGetTypeInfo(type, out var info) ? info : null;

    /// <param name="Name">For an error message: <c>Order.Lines[]</c>.</param>
    /// <param name="Get">Of the owner; <see langword="null"/> when it is the owner itself.</param>
    /// <param name="Info">Of the value, or of the items.</param>
    private sealed record Part(string Name, Func<object, object?>? Get, JsonTypeInfo Info, bool AreItems);
}
