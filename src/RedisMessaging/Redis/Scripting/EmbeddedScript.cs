namespace RedisMessaging.Redis.Scripting;

/// <summary>
/// A Lua script kept beside its transport as a .lua file. Run it as text (<c>ScriptEvaluateAsync(string)</c>): StackExchange.Redis sends
/// its hash and falls back on the text by itself when the server has lost it (SCRIPT FLUSH, restart); the overloads that take a hash do
/// not.
/// </summary>
internal static class EmbeddedScript
{
    /// <summary>What every script begins with that puts a message in one place and removes it from another.</summary>
    public const string PutFirst = "put-first.lua";

    private const string Shebang = "#!";
    private const string NoFlags = "#!lua";

    /// <summary>A script that begins with what it shares with others: it may use the functions and locals of that.
    /// The first one's flags count, unless another one says that it has none: what one part must not do, the whole must not.</summary>
    public static string Load(string shared, params ReadOnlySpan<string> others)
    {
        var script = Load(shared);
        foreach (var fileName in others)
        {
            var part = Load(fileName);
            if (!part.StartsWith(Shebang, StringComparison.Ordinal))
            {
                script += part;
                continue;
            }

            var end = part.IndexOf('\n', StringComparison.Ordinal);
            script = part[..end] == NoFlags
                ? string.Concat(NoFlags, script.AsSpan(script.IndexOf('\n', StringComparison.Ordinal)))
                : script;
            script += part[end..];
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
