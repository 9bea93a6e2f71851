using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace RedisMessaging.Configuration;

/// <summary>
/// The name of a topic that stands for many: <c>*</c> is any run of characters, as in Redis' globs, and <c>{parameter}</c> one or more of them without a colon.
/// </summary>
internal sealed partial class TopicPattern
{
    private readonly Regex _regex;
    private readonly string[] _parameters;

    private TopicPattern(string name, string glob, string regex, string example, string[] parameters)
    {
        Name = name;
        Glob = glob;
        Example = example;
        HasNamedParameters = name != glob;
        _parameters = parameters;
        // Names come from users of programs, too: a time that is linear in their length whatever the pattern.
        _regex = new Regex(regex, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.Singleline);
    }

    /// <summary>As it was registered.</summary>
    public string Name { get; }

    /// <summary>With <c>*</c> for every parameter: what Redis is asked for, and what the topic's own keys are called after. Braces would cut a hash tag short.</summary>
    public string Glob { get; }

    /// <summary>A name that belongs to it.</summary>
    public string Example { get; }

    /// <summary>Whether Redis' glob matches more than it does.</summary>
    public bool HasNamedParameters { get; }

    /// <exception cref="RedisMessagingConfigurationException">Its braces are no parameters.</exception>
    public static TopicPattern Parse(string name)
    {
        var glob = new StringBuilder();
        var regex = new StringBuilder(@"\A");
        var example = new StringBuilder();
        var parameters = new List<string>();
        var stars = 0;
        var end = 0;
        foreach (Match placeholder in Placeholder().Matches(name))
        {
            var literal = name[end..placeholder.Index];
            RequireNoBrace(name, literal);
            var isStar = placeholder.Value == "*";
            if (literal.Length == 0 && end > 0 && !(isStar && name[end - 1] == '*'))
            {
                throw new RedisMessagingConfigurationException($"Topic '{name}': nothing stands between two placeholders at character {placeholder.Index + 1}, so nobody can tell where one ends. Put a ':' between them.");
            }

            var parameter = isStar ? stars++.ToString(CultureInfo.InvariantCulture) : placeholder.Groups["parameter"].Value;
            if (parameters.Contains(parameter, StringComparer.Ordinal))
            {
                throw new RedisMessagingConfigurationException($"Topic '{name}': the parameter '{parameter}' stands in it twice. Give each a name of its own.");
            }

            parameters.Add(parameter);
            end = placeholder.Index + placeholder.Length;
            glob.Append(literal).Append('*');
            regex.Append(Regex.Escape(literal)).Append(isStar ? "(.*?)" : "([^:]+)");
            example.Append(literal).Append(isStar ? "sport" : "42");
        }

        RequireNoBrace(name, name[end..]);
        glob.Append(name, end, name.Length - end);
        regex.Append(Regex.Escape(name[end..])).Append(@"\z");
        example.Append(name, end, name.Length - end);
        return new TopicPattern(name, glob.ToString(), regex.ToString(), example.ToString(), [.. parameters]);
    }

    public bool Matches(string name) => HasNamedParameters ? _regex.IsMatch(name) : TopicName.Matches(Name, name);

    /// <summary>The values in a name that it matches: of <c>{parameter}</c> by its name, of <c>*</c> by "0", "1" and so on.</summary>
    public IReadOnlyDictionary<string, string> Read(string name)
    {
        var match = _regex.Match(name);
        return match.Success
            ? _parameters.Select((parameter, i) => KeyValuePair.Create(parameter, match.Groups[i + 1].Value)).ToFrozenDictionary(StringComparer.Ordinal)
            : FrozenDictionary<string, string>.Empty;
    }

    private static void RequireNoBrace(string name, string literal)
    {
        if (literal.AsSpan().IndexOfAny('{', '}') >= 0)
        {
            throw new RedisMessagingConfigurationException($"Topic '{name}': its braces are no parameters. A parameter is a letter and then letters and digits between braces, as in \"notifications:{{userId}}\".");
        }
    }

    [GeneratedRegex(@"\*|\{(?<parameter>[A-Za-z][A-Za-z0-9]*)\}")]
    private static partial Regex Placeholder();
}
