using System.Globalization;
using System.Text.RegularExpressions;
using RedisMessaging.Redis.Scripting;

namespace RedisMessaging.Tests.Architecture;

/// <summary>What a script declares at its top. A name with three dots in front stands for any number, one with a question mark for none or one.</summary>
internal sealed partial record ScriptHeader(IReadOnlyList<string> Requires, IReadOnlyList<string> Keys, IReadOnlyList<string> Arguments, string Body)
{
    public static ScriptHeader Of(string script)
    {
        var source = EmbeddedScript.Source(script);
        return new ScriptHeader(List(source, "requires"), List(source, "keys"), List(source, "args"), Comment().Replace(source, ""));
    }

    /// <summary>The highest number a script names of KEYS or ARGV.</summary>
    public int HighestIndexOf(string table) =>
        Index().Matches(Body)
            .Where(match => match.Groups["table"].Value == table)
            .Select(match => int.Parse(match.Groups["index"].Value, CultureInfo.InvariantCulture))
            .DefaultIfEmpty()
            .Max();

    private static string[] List(string source, string tag) =>
        source.Split('\n').FirstOrDefault(line => line.StartsWith($"-- @{tag} ", StringComparison.Ordinal)) is { } line
            ? line[($"-- @{tag} ".Length)..].Split(", ")
            : [];

    [GeneratedRegex(@"\b(?<table>KEYS|ARGV)\[(?<index>\d+)\]")]
    private static partial Regex Index();

    [GeneratedRegex(@"--[^\n]*")]
    private static partial Regex Comment();
}
