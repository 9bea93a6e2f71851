namespace RedisMessaging.Transports;

/// <summary>
/// A Lua script kept beside its transport as a .lua file. Run it as text (<c>ScriptEvaluateAsync(string)</c>): StackExchange.Redis sends its hash and falls back on the
/// text by itself when the server has lost it (SCRIPT FLUSH, restart); the overloads that take a hash do not.
/// </summary>
internal static class EmbeddedScript
{
    /// <summary>A script that begins with what it shares with others: it may use the functions and locals of that.</summary>
    public static string Load(string shared, string fileName) => Load(shared) + Load(fileName);

    public static string Load(string fileName)
    {
        using var stream = typeof(EmbeddedScript).Assembly.GetManifestResourceStream(fileName)
            ?? throw new InvalidOperationException($"The script '{fileName}' is not embedded in the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
