namespace RedisMessaging.Configuration.Settings;

/// <summary>A value in the configuration.</summary>
/// <param name="Name">Its path below what it is a setting of; empty for the section itself.</param>
/// <param name="Text">Its text; <see langword="null"/> for JSON's null and for an empty object, which look the same.</param>
/// <param name="Path">Its full path.</param>
internal sealed record ConfiguredValue(string Name, string? Text, string Path)
{
    private const int LongestShown = 64;

    private static readonly string[] Sensitive = ["conn", "password", "secret", "token", "user"];

    private static readonly string[] SensitiveAlmost = ["Connection", "Password"];

    /// <summary>Whether it is a section's own value, or stands below it.</summary>
    public bool IsOf(string section) =>
        Name.Equals(section, StringComparison.OrdinalIgnoreCase) || Name.StartsWith(section + ":", StringComparison.OrdinalIgnoreCase);

    /// <summary>The same value, named by its path below a section that it <see cref="IsOf"/>.</summary>
    public ConfiguredValue Below(string section) => this with { Name = Name.Length > section.Length ? Name[(section.Length + 1)..] : "" };

    /// <summary>The start of the name, up to the first part that a setting is called by; <see langword="null"/> where none is.</summary>
    /// <param name="settings">The names of the settings.</param>
    /// <param name="least">How many parts belong to the start in any case.</param>
    public string? StartBefore(IReadOnlyList<string> settings, int least)
    {
        var parts = Name.Split(':');
        for (var i = least; i < parts.Length; i++)
        {
            if (settings.Any(name => name.Split(':')[0].Equals(parts[i], StringComparison.OrdinalIgnoreCase)))
            {
                return string.Join(':', parts[..i]);
            }
        }

        return null;
    }

    /// <summary>The name up to its last colon; all of it where it has none.</summary>
    public string WithoutLastPart() => Name.LastIndexOf(':') is >= 0 and var colon ? Name[..colon] : Name;

    /// <summary>The value for an error text: in quotes, cut, and not at all where it may hold a password.</summary>
    public string Show() => Text switch
    {
        null => "null",
        _ when MayHoldSecret(Path, Text) => "not shown here, since it may hold a password",
        { Length: > LongestShown } => $"'{Text[..LongestShown]}…'",
        _ => $"'{Text}'",
    };

    private static bool MayHoldSecret(string path, string text)
    {
        var key = path[(path.LastIndexOf(':') + 1)..];
        return text.AsSpan().IndexOfAny('=', '@') >= 0
            || text.Contains("://", StringComparison.Ordinal)
            || Sensitive.Any(word => key.Contains(word, StringComparison.OrdinalIgnoreCase))
            || Spelling.Nearest(key, SensitiveAlmost) is not null;
    }
}
