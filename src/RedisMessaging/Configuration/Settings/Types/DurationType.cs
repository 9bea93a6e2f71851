using System.Globalization;
using System.Text.RegularExpressions;

namespace RedisMessaging.Configuration.Settings.Types;

/// <summary>
/// A time span as <c>[days.]hours:minutes[:seconds[.fraction]]</c>. What <see cref="TimeSpan.Parse(string)"/> takes for days although
/// seconds or hours were meant is refused.
/// </summary>
internal sealed partial class DurationType : SettingType<TimeSpan>
{
    private const int HoursOfDay = 24;

    public override bool TryRead(string? text, out TimeSpan value)
    {
        value = default;
        return text is not null
            && text.Contains(':', StringComparison.Ordinal)
            && HoursBeyondDay(text) is null
            && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out value);
    }

    public override string Explain(string? text)
    {
        const string rule = "it must be a time span such as \"00:00:30\" (hours:minutes:seconds) or \"1.00:00:00\" (with days in front).";
        if (text is null)
        {
            return rule + " Leave it out for the default.";
        }

        if (HoursBeyondDay(text) is { } hours)
        {
            var rest = text[text.IndexOf(':', StringComparison.Ordinal)..].Trim();
            return $"{hours} hours are more than a day and would be read as {hours} days. Write "
                + $"\"{hours / HoursOfDay}.{hours % HoursOfDay:00}{rest}\".";
        }

        var match = NumberAndUnit().Match(text);
        if (!match.Success
            || !double.TryParse(match.Groups["number"].Value, CultureInfo.InvariantCulture, out var number)
            || Math.Abs(number) > TimeSpan.MaxValue.TotalDays / 2)
        {
            return rule;
        }

        return match.Groups["unit"].Value.ToUpperInvariant() switch
        {
            "" => $"a bare number is not a time span ({nameof(TimeSpan)} would read it as days). Write "
                + $"\"{TimeSpan.FromSeconds(number):c}\" for {match.Groups["number"].Value} seconds, or \"{TimeSpan.FromDays(number):c}\" "
                + $"for {match.Groups["number"].Value} days.",
            "MS" => Write(TimeSpan.FromMilliseconds(number)),
            "S" or "SEC" or "SECOND" or "SECONDS" => Write(TimeSpan.FromSeconds(number)),
            "M" or "MIN" or "MINUTE" or "MINUTES" => Write(TimeSpan.FromMinutes(number)),
            "H" or "HOUR" or "HOURS" => Write(TimeSpan.FromHours(number)),
            "D" or "DAY" or "DAYS" => Write(TimeSpan.FromDays(number)),
            _ => rule,
        };

        static string Write(TimeSpan meant) => $"units are not understood. Write \"{meant:c}\".";
    }

    /// <summary>
    /// The hours of a text without days in front, where they make up a day or more: <c>24:00:00</c> would be read as 24 days.
    /// </summary>
    private static int? HoursBeyondDay(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0
            && text.Count(c => c == ':') <= 2
            && int.TryParse(text.AsSpan(0, colon), NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out var hours)
            && hours >= HoursOfDay
            ? hours
            : null;
    }

    [GeneratedRegex(@"^\s*(?<number>-?\d+(\.\d+)?)\s*(?<unit>[A-Za-z]*)\s*$")]
    private static partial Regex NumberAndUnit();
}
