namespace RedisMessaging.Transports;

/// <summary>
/// A Lua script kept beside its transport as a .lua file. Run it as text (<c>ScriptEvaluateAsync(string)</c>): StackExchange.Redis sends its hash and falls back on the
/// text by itself when the server has lost it (SCRIPT FLUSH, restart); the overloads that take a hash do not.
/// </summary>
internal static class EmbeddedScript
{
    private const string Shebang = "#!";

    /// <summary>A script that begins with what it shares with others: it may use the functions and locals of that. The first one's flags count.</summary>
    public static string Load(string shared, params ReadOnlySpan<string> others)
    {
        var script = Load(shared);
        foreach (var fileName in others)
        {
            var part = Load(fileName);
            script += part.StartsWith(Shebang, StringComparison.Ordinal) ? part[part.IndexOf('\n', StringComparison.Ordinal)..] : part;
        }

        return script;
    }

    public static string Load(string fileName)
    {
        using var stream = typeof(EmbeddedScript).Assembly.GetManifestResourceStream(fileName)
            ?? throw new InvalidOperationException($"The script '{fileName}' is not embedded in the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
