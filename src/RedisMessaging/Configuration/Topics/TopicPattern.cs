using System.Collections.ObjectModel;
using System.Globalization;
using System.Text.RegularExpressions;

namespace RedisMessaging.Configuration.Topics;

/// <summary>
/// The name of a topic that stands for many: <c>*</c> is any run of characters, as in Redis' globs, and <c>{parameter}</c> one or more of
/// them without a colon.
/// </summary>
internal sealed partial class TopicPattern
{
    private const int LongestOnStack = 512;

    /// <summary>What stands before each placeholder, and behind the last one.</summary>
    private readonly string[] _literals;

    /// <summary>The placeholders' names; digits for a star.</summary>
    private readonly string[] _parameters;

    private TopicPattern(string name, string[] literals, string[] parameters)
    {
        Name = name;
        Glob = string.Join('*', literals);
        Example = string.Concat(literals.Zip(parameters.Select(parameter => IsStar(parameter) ? "sport" : "42").Append(""), string.Concat));
        HasNamedParameters = name != Glob;
        _literals = literals;
        _parameters = parameters;
    }

    /// <summary>As it was registered.</summary>
    public string Name { get; }

    /// <summary>
    /// With <c>*</c> for every parameter: what Redis is asked for, and what the topic's own keys are called after. Braces would cut a hash
    /// tag short.
    /// </summary>
    public string Glob { get; }

    /// <summary>A name that belongs to it.</summary>
    public string Example { get; }

    /// <summary>Whether Redis' glob matches more than it does.</summary>
    public bool HasNamedParameters { get; }

    /// <exception cref="RedisMessagingConfigurationException">Its braces are no parameters.</exception>
    public static TopicPattern Parse(string name)
    {
        var literals = new List<string>();
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
                throw new RedisMessagingConfigurationException(
                    $"Topic '{name}': nothing stands between two placeholders at character {placeholder.Index + 1}, so it is not clear "
                    + "where the first one ends. Put a ':' between them.");
            }

            var parameter = isStar ? stars++.ToString(CultureInfo.InvariantCulture) : placeholder.Groups["parameter"].Value;
            if (parameters.Contains(parameter, StringComparer.Ordinal))
            {
                throw new RedisMessagingConfigurationException(
                    $"Topic '{name}': the parameter '{parameter}' stands in it twice. Give each a name of its own.");
            }

            parameters.Add(parameter);
            literals.Add(literal);
            end = placeholder.Index + placeholder.Length;
        }

        RequireNoBrace(name, name[end..]);
        return new TopicPattern(name, [.. literals, name[end..]], [.. parameters]);
    }

    public bool Matches(string name) =>
        HasNamedParameters ? TryMatch(name, stackalloc Range[_parameters.Length]) : TopicName.Matches(Name, name);

    /// <summary>The values in a name that it matches: of <c>{parameter}</c> by its name, of <c>*</c> by "0", "1" and so on.</summary>
    public IReadOnlyDictionary<string, string> Read(string name)
    {
        var values = new Range[_parameters.Length];
        return TryMatch(name, values)
            ? _parameters.Select(
                (parameter, i) => KeyValuePair.Create(parameter, name[values[i]])).ToDictionary(StringComparer.Ordinal).AsReadOnly()
            : ReadOnlyDictionary<string, string>.Empty;
    }

    private static bool IsStar(string parameter) => char.IsAsciiDigit(parameter[0]);

    private bool TryMatch(string name, Span<Range> values)
    {
        if (!name.StartsWith(_literals[0], StringComparison.Ordinal))
        {
            return false;
        }

        var states = _parameters.Length * (name.Length + 1);
        Span<bool> failed = states <= LongestOnStack ? stackalloc bool[states] : new bool[states];
        return TryMatch(name, 0, _literals[0].Length, values, failed);
    }

    /// <summary>From a placeholder on: a star takes as little as it can, a parameter as much.</summary>
    /// <param name="failed">Where it was tried before, by placeholder and place: names are chosen by a program's users, too, and none may
    /// take long.</param>
    private bool TryMatch(ReadOnlySpan<char> name, int index, int start, Span<Range> values, Span<bool> failed)
    {
        ref var hasFailed = ref failed[(index * (name.Length + 1)) + start];
        if (hasFailed)
        {
            return false;
        }

        var colon = name[start..].IndexOf(':');
        var (first, last, step) = IsStar(_parameters[index])
            ? (start, name.Length, 1)
            : (colon < 0 ? name.Length : start + colon, start + 1, -1);
        for (var end = first; step > 0 ? end <= last : end >= last; end += step)
        {
            var rest = name[end..];
            var literal = _literals[index + 1];
            if (index == _parameters.Length - 1 ? rest.SequenceEqual(literal) : rest.StartsWith(literal)
                && TryMatch(name, index + 1, end + literal.Length, values, failed))
            {
                values[index] = start..end;
                return true;
            }
        }

        hasFailed = true;
        return false;
    }

    private static void RequireNoBrace(string name, string literal)
    {
        if (literal.AsSpan().IndexOfAny('{', '}') >= 0)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{name}': its braces are not parameters. A parameter is a letter and then letters and digits between braces, as "
                + $"in \"notifications:{{userId}}\".");
        }
    }

    [GeneratedRegex(@"\*|\{(?<parameter>[A-Za-z][A-Za-z0-9]*)\}")]
    private static partial Regex Placeholder();
}
