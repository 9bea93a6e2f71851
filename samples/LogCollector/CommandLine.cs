using System.Globalization;
using Microsoft.Extensions.Logging;

namespace LogCollector;

/// <summary>Options as they are typed: <c>--level Error --last 20</c>. What can't be read is refused, with what could.</summary>
internal sealed class CommandLine
{
    private readonly Dictionary<string, string> _values = [];

    /// <exception cref="UsageException">An option is unknown, has no value, or is there twice.</exception>
    public CommandLine(IReadOnlyList<string> arguments, params IReadOnlyList<string> known)
    {
        for (var at = 0; at < arguments.Count; at += 2)
        {
            var name = arguments[at];
            if (!known.Contains(name))
            {
                throw new UsageException($"'{name}' is no option here; there are {string.Join(", ", known)}.");
            }

            if (at + 1 == arguments.Count || arguments[at + 1].StartsWith("--", StringComparison.Ordinal))
            {
                throw new UsageException($"{name} wants a value.");
            }

            if (!_values.TryAdd(name, arguments[at + 1]))
            {
                throw new UsageException($"{name} is there twice.");
            }
        }
    }

    public bool Has(string name) => _values.ContainsKey(name);

    public string? Text(string name) => _values.GetValueOrDefault(name);

    public int Count(string name, int otherwise, int most) => Text(name) switch
    {
        null => otherwise,
        var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count >= 1 && count <= most => count,
        var text => throw new UsageException($"{name} is '{text}'; it must be a number from 1 to {most.ToString("N0", CultureInfo.InvariantCulture)}."),
    };

    public LogLevel Level(string name, LogLevel otherwise)
    {
        if (Text(name) is not { } text)
        {
            return otherwise;
        }

        var levels = Enum.GetValues<LogLevel>().Where(level => level < LogLevel.None).ToList();
        var at = levels.FindIndex(level => string.Equals(level.ToString(), text, StringComparison.OrdinalIgnoreCase));
        return at >= 0 ? levels[at] : throw new UsageException($"'{text}' is no level; there are {string.Join(", ", levels)}.");
    }

    public DateTimeOffset? Time(string name) => Text(name) switch
    {
        null => null,
        var text when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) => time,
        var text => throw new UsageException($"{name} is '{text}'; it must be a time like 2026-11-22T14:30:00Z, which without a zone is UTC."),
    };

    /// <summary>A number with its unit: <c>90s</c>, <c>5m</c>, <c>2h</c>, <c>1d</c>.</summary>
    public TimeSpan? Span(string name)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        TimeSpan? unit = text.LastOrDefault() switch
        {
            's' => TimeSpan.FromSeconds(1),
            'm' => TimeSpan.FromMinutes(1),
            'h' => TimeSpan.FromHours(1),
            'd' => TimeSpan.FromDays(1),
            _ => null,
        };
        return unit is { } known && int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and <= 1_000_000
            ? count * known
            : throw new UsageException($"{name} is '{text}'; it must be a number and its unit: 90s, 5m, 2h or 1d.");
    }
}
