using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Diagnostics;

namespace RedisMessaging.Serialization.Json;

/// <summary>
/// What <see cref="JsonTypeCheck"/> asks of a type that is written as a JSON object: that all it is made of is written, and read back.
/// </summary>
[UnconditionalSuppressMessage("Trimming", "IL2070", Justification = Trimmed)]
[UnconditionalSuppressMessage("Trimming", "IL2075", Justification = Trimmed)]
internal static class JsonObjectCheck
{
    private const string Trimmed = "A member that trimming removed is not used: it is not missed here either, and the check only finds "
        + "less.";
    private const BindingFlags Public = BindingFlags.Public | BindingFlags.Instance;
    private const BindingFlags All = Public | BindingFlags.NonPublic;

    /// <param name="check">For what it is made of.</param>
    public static string? Find(JsonTypeInfo info, string path, Func<Type, JsonSerializerOptions, string, string?> check)
    {
        if (info.PolymorphismOptions is { DerivedTypes.Count: > 0 } polymorphism)
        {
            return FindInDerived(info, polymorphism, path, check)
                ?? (info.Type.IsAbstract ? null : FindInProperties(info, path, check));
        }

        return FindInConstructor(info, path)
            ?? FindInFields(info, path)
            ?? FindUnread(info, path)
            ?? FindInProperties(info, path, check);
    }

    public static bool IsUnsupported(JsonTypeInfo info) =>
        info.Converter.GetType().Name.StartsWith("UnsupportedTypeConverter", StringComparison.Ordinal);

    /// <summary>What somebody's own collection has beside its items.</summary>
    public static string? PropertyOfCollection(Type type)
    {
        for (var declaring = type; declaring is not null && !IsOfSystem(declaring); declaring = declaring.BaseType)
        {
            var own = declaring.GetProperties(Public | BindingFlags.DeclaredOnly);
            var settable = own.Where(property => property.SetMethod is { IsPublic: true });
            if (settable.FirstOrDefault(IsCarriedProperty) is { } property)
            {
                return property.Name;
            }
        }

        return null;
    }

    private static bool IsOfSystem(Type type) => type.Namespace?.StartsWith(nameof(System), StringComparison.Ordinal) == true;

    private static bool IsCarriedProperty(PropertyInfo property) => property.GetIndexParameters().Length == 0 && !IsIgnored(property);

    /// <summary>Whether a property of a type that is carried as one of its bases would not be written.</summary>
    public static string? PropertyBetween(Type derived, Type carried)
    {
        for (var declaring = derived; declaring is not null && declaring != carried; declaring = declaring.BaseType)
        {
            var added = declaring.GetProperties(Public | BindingFlags.DeclaredOnly)
                .Where(property => property.GetMethod is { IsPublic: true } && IsCarriedProperty(property))
                .FirstOrDefault(property => carried.GetProperty(property.Name)?.PropertyType != property.PropertyType);
            if (added is not null)
            {
                return added.Name;
            }
        }

        return null;
    }

    private static string? FindInDerived(
        JsonTypeInfo info,
        JsonPolymorphismOptions polymorphism,
        string path,
        Func<Type, JsonSerializerOptions, string, string?> check)
    {
        foreach (var derived in polymorphism.DerivedTypes)
        {
            var name = TypeName.Of(derived.DerivedType);
            if (derived.TypeDiscriminator is null && derived.DerivedType != info.Type)
            {
                return $"'{path}' is written as a '{name}' without saying so, and read back as a '{TypeName.Of(info.Type)}'. Give "
                    + $"[JsonDerivedType(typeof({name}))] a discriminator: [JsonDerivedType(typeof({name}), \"…\")].";
            }

            if (derived.DerivedType != info.Type && check(derived.DerivedType, info.Options, $"{path} ({name})") is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private static string? FindInConstructor(JsonTypeInfo info, string path)
    {
        var name = TypeName.Of(info.Type);
        if (info.CreateObject is not null)
        {
            return null;
        }

        if (info.Type.IsInterface || info.Type.IsAbstract)
        {
            return $"'{path}' is {(info.Type.IsInterface ? "the interface" : "the abstract class")} '{name}', and nothing says what to "
                + "make of it when it is read. Use the type itself, or say which types there are with [JsonDerivedType(typeof(…), \"…\")] "
                + $"on '{name}'.";
        }

        if (info.ConstructorAttributeProvider is not ConstructorInfo constructor)
        {
            return info.Properties.Any(property => property.AssociatedParameter is not null)
                ? null
                : $"'{path}' is of type '{name}', and the serializer finds no constructor to make one with. Give it one public "
                    + "constructor, or put [JsonConstructor] on the one to use.";
        }

        var empty = constructor.GetParameters().FirstOrDefault(parameter => !IsFilled(info, parameter));
        return empty is null
            ? null
            : $"'{path}' is of type '{name}', and no property fills the parameter '{empty.Name}' of its constructor. Give a property the "
                + $"same name and type ('{TypeName.Of(empty.ParameterType)}'), or the type a constructor without it, with "
                + "[JsonConstructor].";
    }

    private static bool IsFilled(JsonTypeInfo info, ParameterInfo parameter) => info.Properties.Any(property =>
        property.AssociatedParameter?.Position == parameter.Position
        || (property.PropertyType == parameter.ParameterType
            && string.Equals((property.AttributeProvider as MemberInfo)?.Name, parameter.Name, StringComparison.OrdinalIgnoreCase)));

    private static string? FindInFields(JsonTypeInfo info, string path)
    {
        var names = info.Properties.Select(property => (property.AttributeProvider as MemberInfo)?.Name);
        var written = names.ToHashSet(StringComparer.Ordinal);
        if (info.Type.GetFields(Public).FirstOrDefault(field => !written.Contains(field.Name) && !IsIgnored(field)) is { } lost)
        {
            return IsTuple(info.Type)
                ? $"'{path}' is of type '{TypeName.Of(info.Type)}', a tuple, whose items are fields, which are not written: it would "
                    + "arrive empty. Use a record, or set IncludeFields."
                : $"'{path}' has the public field '{lost.Name}', which is not written: it would be lost. Make it a property, put "
                    + "[JsonInclude] on it, or set IncludeFields.";
        }

        return !info.Properties.Any(IsWritten) && HasState(info.Type)
            ? $"'{path}' is of type '{TypeName.Of(info.Type)}', which is written as {{}}: it has no public properties. Carry what it "
                + "stands for, such as a text or a number, or give it a JsonConverter."
            : null;
    }

    /// <summary>What is written and never read back, except where it follows from the rest.</summary>
    private static string? FindUnread(JsonTypeInfo info, string path)
    {
        var written = info.Properties.Where(IsWritten).ToList();
        if (written.Count > 0 && !written.Exists(IsRead) && HasState(info.Type))
        {
            return $"'{path}' is of type '{TypeName.Of(info.Type)}', of which nothing is read back: no property has a setter or fills a "
                + "parameter of its constructor. Give them setters, put [JsonConstructor] on a constructor that takes them, or give it a "
                + "JsonConverter.";
        }

        var lost = written.Find(property => !IsRead(property) && IsStateOf(info, property));
        return lost is null
            ? null
            : $"'{path}.{MemberName(lost)}' is written, but not read back: it has no public setter and fills no parameter of the "
                + "constructor. Give it one (init will do), put [JsonInclude] on it, or [JsonIgnore] where it need not arrive.";
    }

    private static string? FindInProperties(JsonTypeInfo info, string path, Func<Type, JsonSerializerOptions, string, string?> check)
    {
        var own = info.Properties.Where(property => property is { CustomConverter: null, IsExtensionData: false });
        foreach (var property in own.Where(IsWritten))
        {
            // What follows from the rest is written only, which an interface can be.
            var found = IsRead(property) || (info.Options.TryGetTypeInfo(property.PropertyType, out var written) && IsUnsupported(written))
                ? check(property.PropertyType, info.Options, $"{path}.{MemberName(property)}")
                : null;
            if (found is not null)
            {
                return found;
            }
        }

        return null;
    }

    private static bool IsWritten(JsonPropertyInfo property) =>
        property.Get is not null && !(property.Set is null && property.AssociatedParameter is null && IgnoresReadOnly(property));

    private static bool IgnoresReadOnly(JsonPropertyInfo property) =>
        property.AttributeProvider is FieldInfo ? property.Options.IgnoreReadOnlyFields : property.Options.IgnoreReadOnlyProperties;

    public static bool IsRead(JsonPropertyInfo property) =>
        property.Set is not null || property.AssociatedParameter is not null || property.IsExtensionData
        || (property.ObjectCreationHandling ?? property.Options.PreferredObjectCreationHandling) == JsonObjectCreationHandling.Populate;

    /// <summary>
    /// Whether a property without a setter holds something that nothing else says: a private setter says so, or its own field, where that
    /// is a collection or another constructor may set it.
    /// </summary>
    private static bool IsStateOf(JsonTypeInfo info, JsonPropertyInfo property)
    {
        if (property.AttributeProvider is not PropertyInfo { DeclaringType: { } declaring } member)
        {
            return false;
        }

        if (member.SetMethod is not null)
        {
            return true;
        }

        var isAuto = declaring.GetField($"<{member.Name}>k__BackingField", All) is not null;
        return isAuto
            && info.CreateObject is not null
            && (IsCollection(info, property) || info.Type.GetConstructors().Any(constructor => constructor.GetParameters().Length > 0));
    }

    private static bool IsCollection(JsonTypeInfo info, JsonPropertyInfo property) =>
        info.Options.TryGetTypeInfo(property.PropertyType, out var type)
            && type.Kind is JsonTypeInfoKind.Enumerable or JsonTypeInfoKind.Dictionary;

    private static bool HasState(Type type)
    {
        for (var declaring = type; declaring is not null && declaring != typeof(object); declaring = declaring.BaseType)
        {
            if (declaring.GetFields(All | BindingFlags.DeclaredOnly).Length > 0)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsTuple(Type type) => type.FullName?.StartsWith("System.ValueTuple`", StringComparison.Ordinal) == true;

    private static bool IsIgnored(MemberInfo member) =>
        member.GetCustomAttribute<JsonIgnoreAttribute>() is { Condition: JsonIgnoreCondition.Always };

    public static string MemberName(JsonPropertyInfo property) => (property.AttributeProvider as MemberInfo)?.Name ?? property.Name;
}
