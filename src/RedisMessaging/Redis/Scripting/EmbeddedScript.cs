using System.Text;

namespace RedisMessaging.Redis.Scripting;

/// <summary>
/// A Lua script kept beside its feature as a .lua file, with the modules it requires (lib/*.lua) in front of it.
/// Run it as text (<c>ScriptEvaluateAsync(string)</c>): StackExchange.Redis sends its hash and falls back on the text
/// when the server has lost it (SCRIPT FLUSH, restart); the overloads that take a hash do not.
/// </summary>
internal static class EmbeddedScript
{
    /// <summary>
    /// The module for how a message stands in an entry. Its two forms are <see cref="EntryEnvelope"/> and <see cref="EntryRaw"/>.
    /// </summary>
    public const string Entry = "entry";

    public const string EntryEnvelope = "entry-envelope";
    public const string EntryRaw = "entry-raw";

    private const string Shebang = "#!";
    private const string Requires = "-- @requires ";

    /// <summary>A script as the server runs it: its own flags first, then each module that it requires once, then the script.</summary>
    /// <param name="name">The file's name, without .lua.</param>
    /// <param name="entry">The form of the module <see cref="Entry"/>.</param>
    public static string Load(string name, string entry = EntryEnvelope)
    {
        var source = Source(name);
        var flags = source.StartsWith(Shebang, StringComparison.Ordinal) ? source.IndexOf('\n', StringComparison.Ordinal) + 1 : 0;
        var script = new StringBuilder(source, 0, flags, source.Length * 2);
        foreach (var (_, text) in ModulesIn(source, entry))
        {
            script.Append(text).Append('\n');
        }

        return script.Append(source, flags, source.Length - flags).ToString();
    }

    /// <summary>The modules that a script requires, also by way of others. Each stands behind those it requires itself.</summary>
    /// <inheritdoc cref="Load" path="/param"/>
    public static IReadOnlyList<string> ModulesOf(string name, string entry = EntryEnvelope) =>
        ModulesIn(Source(name), entry).ConvertAll(module => module.Name);

    /// <summary>The text of one file.</summary>
    /// <param name="name">The file's name, without .lua.</param>
    public static string Source(string name)
    {
        using var stream = typeof(EmbeddedScript).Assembly.GetManifestResourceStream(name + ".lua")
            ?? throw new InvalidOperationException($"The script '{name}.lua' is not embedded in the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static List<(string Name, string Text)> ModulesIn(string source, string entry)
    {
        var modules = new List<(string Name, string Text)>();
        AddModules(source, entry, modules);
        return modules;
    }

    private static void AddModules(string source, string entry, List<(string Name, string Text)> modules)
    {
        foreach (var line in source.Split('\n'))
        {
            if (!line.StartsWith(Requires, StringComparison.Ordinal))
            {
                continue;
            }

            foreach (var required in line[Requires.Length..].Split(", "))
            {
                var module = required == Entry ? entry : required;
                if (!modules.Exists(known => known.Name == module))
                {
                    var text = Source(module);
                    AddModules(text, entry, modules);
                    modules.Add((module, text));
                }
            }
        }
    }
}
