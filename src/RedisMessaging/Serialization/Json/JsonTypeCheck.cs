using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RedisMessaging.Diagnostics;

namespace RedisMessaging.Serialization.Json;

/// <summary>
/// Finds at start-up what would be published as one thing and arrive as another: types that are written as <c>{}</c>, interfaces,
/// constructors that nothing fills. All that a type is made of is looked at, by the metadata that the serializer itself works with; what
/// has a converter of the user's is the converter's own affair.
/// </summary>
internal sealed class JsonTypeCheck
{
    private static readonly FrozenSet<Type> Keys = new[]
    {
        typeof(string), typeof(object), typeof(bool), typeof(char), typeof(byte), typeof(sbyte),
        typeof(short), typeof(ushort), typeof(int), typeof(uint), typeof(long), typeof(ulong), typeof(Int128),
        typeof(UInt128), typeof(Half), typeof(float), typeof(double), typeof(decimal), typeof(Guid),
        typeof(DateTime), typeof(DateTimeOffset), typeof(DateOnly), typeof(TimeOnly), typeof(TimeSpan),
        typeof(Uri), typeof(Version),
    }.ToFrozenSet();

    private static readonly FrozenSet<Type> Stacks =
        new[] { typeof(Stack<>), typeof(ConcurrentStack<>), typeof(ImmutableStack<>), typeof(IImmutableStack<>) }.ToFrozenSet();

    private readonly HashSet<Type> _seen = [];

    private JsonTypeCheck()
    {
    }

    /// <summary>What is wrong with a type, and the fix; <see langword="null"/> when nothing is.</summary>
    public static string? Find(Type type, JsonSerializerOptions options) => new JsonTypeCheck().Check(type, options, TypeName.Of(type));

    /// <summary>Whether somebody else's converter writes and reads it, who is trusted.</summary>
    public static bool HasOwnConverter(JsonTypeInfo info) => info.Converter.GetType().Assembly != typeof(JsonSerializer).Assembly;

    /// <summary>Whether the serializer refuses a type with it: attributes that contradict each other, names that occur twice.</summary>
    public static bool IsAboutType(Exception error) => error is InvalidOperationException or NotSupportedException or ArgumentException;

    public static string Describe(string path, Exception error) => $"'{path}' can't be JSON: {BoundedText.MessageOf(error)}";

    /// <param name="path">Where it stands: <c>Order.Lines[].Price</c>.</param>
    private string? Check(Type type, JsonSerializerOptions options, string path)
    {
        if (!_seen.Add(type))
        {
            return null;
        }

        try
        {
            return options.TryGetTypeInfo(type, out var info)
                ? Check(info, path)
                : $"No JSON context knows '{path}': add [JsonSerializable(typeof({TypeName.Of(type)}))].";
        }
        catch (Exception error) when (IsAboutType(error))
        {
            return Describe(path, error);
        }
    }

    private string? Check(JsonTypeInfo info, string path)
    {
        if (HasOwnConverter(info))
        {
            return null;
        }

        if (Nullable.GetUnderlyingType(info.Type) is { } underlying)
        {
            return Check(underlying, info.Options, path);
        }

        return info.Kind switch
        {
            JsonTypeInfoKind.Object => JsonObjectCheck.Find(info, path, Check),
            JsonTypeInfoKind.Enumerable or JsonTypeInfoKind.Dictionary => CheckCollection(info, path),
            _ when JsonObjectCheck.IsUnsupported(info) =>
                $"'{path}' is of type '{TypeName.Of(info.Type)}', which JSON can't carry. Carry what it stands for, such as a name or a "
                    + "number, leave it out with [JsonIgnore], or give it a JsonConverter.",
            _ => null,
        };
    }

    private string? CheckCollection(JsonTypeInfo info, string path)
    {
        if (info.Type.IsGenericType && Stacks.Contains(info.Type.GetGenericTypeDefinition()))
        {
            return $"'{path}' is of type '{TypeName.Of(info.Type)}', which is read back in the opposite order. Use a List<T>.";
        }

        if (info.Converter.GetType().Name.StartsWith("IAsyncEnumerable", StringComparison.Ordinal))
        {
            return Unreadable(info, path);
        }

        if (info.Kind == JsonTypeInfoKind.Dictionary && CheckKey(info, path) is { } badKey)
        {
            return badKey;
        }

        try
        {
            // Who else knows which collections the serializer can make?
            JsonSerializer.Deserialize(info.Kind == JsonTypeInfoKind.Dictionary ? "{}"u8 : "[]"u8, info);
        }
        catch (NotSupportedException)
        {
            return Unreadable(info, path);
        }
        catch (Exception)
        {
            // It can be made; that an empty one is not allowed is its own affair.
        }

        return JsonObjectCheck.PropertyOfCollection(info.Type) is { } lost
            ? $"'{path}' is of type '{TypeName.Of(info.Type)}', a collection, which is written as its items alone: its property '{lost}' "
                + "would be lost. Make it a class that has the collection as a property."
            : info.ElementType is { } element
            ? Check(element, info.Options, info.Kind == JsonTypeInfoKind.Dictionary ? path + "[key]" : path + "[]")
            : null;
    }

    private static string Unreadable(JsonTypeInfo info, string path) =>
        $"'{path}' is of type '{TypeName.Of(info.Type)}', a collection that can't be read back. Use a List<T>, an array or a "
            + "Dictionary<string, T>, or give it a JsonConverter.";

    private static string? CheckKey(JsonTypeInfo info, string path)
    {
        var key = info.KeyType!;
        return Keys.Contains(key) || key.IsEnum || (info.Options.TryGetTypeInfo(key, out var known) && HasOwnConverter(known))
            ? null
            : $"'{path}' has keys of type '{TypeName.Of(key)}', which can't be names in JSON. Use string keys, or give "
                + $"'{TypeName.Of(key)}' a JsonConverter that writes it as a property name.";
    }
}
