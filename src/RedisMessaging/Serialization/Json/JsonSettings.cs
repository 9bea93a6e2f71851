using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using RedisMessaging.Configuration.Settings.Types;
using RedisMessaging.Configuration.Topics;

namespace RedisMessaging.Serialization.Json;

/// <summary>What a source-generated context says of its JSON, and the library's own settings for what it leaves open.</summary>
internal static class JsonSettings
{
    private static readonly JsonSerializerOptions Unset = new();

    /// <summary>What <c>[JsonSourceGenerationOptions(JsonSerializerDefaults.…)]</c> decides, whichever of them it names.</summary>
    private static readonly string[] OfDefaults =
    [
        nameof(JsonSerializerOptions.PropertyNamingPolicy),
        nameof(JsonSerializerOptions.PropertyNameCaseInsensitive),
        nameof(JsonSerializerOptions.NumberHandling),
    ];

    private static readonly Setting[] All =
    [
        Of(
            nameof(JsonSerializerOptions.AllowDuplicateProperties),
            o => o.AllowDuplicateProperties,
            (o, v) => o.AllowDuplicateProperties = v),
        Of(
            nameof(JsonSerializerOptions.AllowOutOfOrderMetadataProperties),
            o => o.AllowOutOfOrderMetadataProperties,
            (o, v) => o.AllowOutOfOrderMetadataProperties = v),
        Of(nameof(JsonSerializerOptions.AllowTrailingCommas), o => o.AllowTrailingCommas, (o, v) => o.AllowTrailingCommas = v),
        Of(nameof(JsonSerializerOptions.DefaultIgnoreCondition), o => o.DefaultIgnoreCondition, (o, v) => o.DefaultIgnoreCondition = v),
        Of(nameof(JsonSerializerOptions.DictionaryKeyPolicy), o => o.DictionaryKeyPolicy, (o, v) => o.DictionaryKeyPolicy = v),
        Of(nameof(JsonSerializerOptions.Encoder), o => o.Encoder, (o, v) => o.Encoder = v),
        Of(nameof(JsonSerializerOptions.IgnoreReadOnlyFields), o => o.IgnoreReadOnlyFields, (o, v) => o.IgnoreReadOnlyFields = v),
        Of(
            nameof(JsonSerializerOptions.IgnoreReadOnlyProperties),
            o => o.IgnoreReadOnlyProperties,
            (o, v) => o.IgnoreReadOnlyProperties = v),
        Of(nameof(JsonSerializerOptions.IncludeFields), o => o.IncludeFields, (o, v) => o.IncludeFields = v),
        Of(nameof(JsonSerializerOptions.MaxDepth), o => o.MaxDepth, (o, v) => o.MaxDepth = v),
        Of(nameof(JsonSerializerOptions.NumberHandling), o => o.NumberHandling, (o, v) => o.NumberHandling = v),
        Of(
            nameof(JsonSerializerOptions.PreferredObjectCreationHandling),
            o => o.PreferredObjectCreationHandling,
            (o, v) => o.PreferredObjectCreationHandling = v),
        Of(
            nameof(JsonSerializerOptions.PropertyNameCaseInsensitive),
            o => o.PropertyNameCaseInsensitive,
            (o, v) => o.PropertyNameCaseInsensitive = v),
        Of(nameof(JsonSerializerOptions.PropertyNamingPolicy), o => o.PropertyNamingPolicy, (o, v) => o.PropertyNamingPolicy = v),
        Of(nameof(JsonSerializerOptions.ReadCommentHandling), o => o.ReadCommentHandling, (o, v) => o.ReadCommentHandling = v),
        Of(nameof(JsonSerializerOptions.ReferenceHandler), o => o.ReferenceHandler, (o, v) => o.ReferenceHandler = v),
        Of(
            nameof(JsonSerializerOptions.RespectNullableAnnotations),
            o => o.RespectNullableAnnotations,
            (o, v) => o.RespectNullableAnnotations = v),
        Of(
            nameof(JsonSerializerOptions.RespectRequiredConstructorParameters),
            o => o.RespectRequiredConstructorParameters,
            (o, v) => o.RespectRequiredConstructorParameters = v),
        Of(nameof(JsonSerializerOptions.UnknownTypeHandling), o => o.UnknownTypeHandling, (o, v) => o.UnknownTypeHandling = v),
        Of(nameof(JsonSerializerOptions.UnmappedMemberHandling), o => o.UnmappedMemberHandling, (o, v) => o.UnmappedMemberHandling = v),
    ];

    /// <summary>The library's own.</summary>
    public static JsonSerializerOptions Default => new(JsonSerializerDefaults.Web)
    {
        // Bodies are never put into HTML; Korean stays readable in redis-cli.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        AllowDuplicateProperties = false,
    };

    /// <summary>
    /// The settings that a context's types are written and read with. What its attribute says holds, and what it leaves open is as in
    /// <paramref name="rest"/>; a context that was made with options of its own has these, all of them.
    /// </summary>
    public static JsonSerializerOptions Of(JsonSerializerContext context, JsonSerializerOptions rest)
    {
        var given = context.Options;
        if (IsMadeWithOptions(context))
        {
            return new JsonSerializerOptions(given);
        }

        var options = new JsonSerializerOptions(rest);
        var named = NamedBy(context);
        foreach (var setting in All)
        {
            if (named.Contains(setting.Name) || !Equals(setting.Get(given), setting.Get(Unset)))
            {
                setting.Set(options, setting.Get(given));
            }
        }

        for (var i = 0; i < given.Converters.Count; i++)
        {
            options.Converters.Insert(i, given.Converters[i]);
        }

        return options;
    }

    /// <summary>Whether its options are others than those that it was generated with.</summary>
    private static bool IsMadeWithOptions(JsonSerializerContext context)
    {
        var generated = GeneratedOptionsOf(context) ?? Unset;
        return Array.Exists(All, setting => !Equals(setting.Get(context.Options), setting.Get(generated)))
            || !context.Options.Converters.Select(converter => converter.GetType()).SequenceEqual(
                generated.Converters.Select(converter => converter.GetType()));
    }

    /// <summary>The attribute may name a value that is also the one of a setting that was not set.</summary>
    private static HashSet<string> NamedBy(JsonSerializerContext context)
    {
        var attribute = context.GetType().GetCustomAttributesData().FirstOrDefault(
            data => data.AttributeType == typeof(JsonSourceGenerationOptionsAttribute));
        HashSet<string> named = attribute is null ? [] : [.. attribute.NamedArguments.Select(argument => argument.MemberName)];
        if (attribute?.ConstructorArguments.Count > 0)
        {
            named.UnionWith(OfDefaults);
        }

        return named;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_GeneratedSerializerOptions")]
    private static extern JsonSerializerOptions? GeneratedOptionsOf(JsonSerializerContext context);

    private static Setting Of<T>(string name, Func<JsonSerializerOptions, T> get, Action<JsonSerializerOptions, T> set) =>
        new(name, options => get(options), (options, value) => set(options, (T)value!));

    private sealed record Setting(string Name, Func<JsonSerializerOptions, object?> Get, Action<JsonSerializerOptions, object?> Set);
}
