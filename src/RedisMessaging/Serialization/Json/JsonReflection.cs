using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace RedisMessaging.Serialization.Json;

/// <summary>Metadata of types that no source-generated context knows, by reflection, as in ASP.NET Core.</summary>
internal static class JsonReflection
{
    private const string Guarded = "Publishing with trimming or AOT turns the switch off. A program that turns it on again accepts that "
        + "trimming may remove members of its messages.";

    /// <summary>
    /// <see langword="null"/> where the feature switch <c>System.Text.Json.JsonSerializer.IsReflectionEnabledByDefault</c> is off. The
    /// trimmer replaces the property with the switch's value, and removes the other branch with all that it needs.
    /// </summary>
    public static IJsonTypeInfoResolver? Default => JsonSerializer.IsReflectionEnabledByDefault ? Create() : null;

    /// <summary>
    /// Whether a resolver knows every type, by reflection. A class that derives from it may have reasons of its own to be asked first.
    /// </summary>
    public static bool Is(IJsonTypeInfoResolver resolver) => resolver.GetType() == typeof(DefaultJsonTypeInfoResolver);

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = Guarded)]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = Guarded)]
    private static DefaultJsonTypeInfoResolver Create() => new();
}
