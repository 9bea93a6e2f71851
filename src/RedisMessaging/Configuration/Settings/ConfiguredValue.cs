namespace RedisMessaging.Configuration;

/// <summary>A value in the configuration.</summary>
/// <param name="Name">Its path below what it is a setting of; empty for the section itself.</param>
/// <param name="Text">Its text; <see langword="null"/> for JSON's null and for an empty object, which look the same.</param>
/// <param name="Path">Its full path.</param>
internal sealed record ConfiguredValue(string Name, string? Text, string Path)
{
    private const int LongestShown = 64;

    private static readonly string[] Sensitive = ["conn", "password", "secret", "token", "user"];

    private static readonly string[] SensitiveAlmost = ["Connection", "Password"];

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
