using System.Globalization;
using RedisMessaging;

namespace LogCollector;

/// <summary>A line as it is shown, from whichever service.</summary>
internal sealed record Collected(DateTimeOffset At, string Service, LogLine Line)
{
    public static Collected From(MessageContext context, LogLine line)
    {
        var milliseconds = context.Position.AsSpan(0, context.Position!.IndexOf('-', StringComparison.Ordinal));
        return new Collected(DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(milliseconds, CultureInfo.InvariantCulture)), context.Parameters["service"], line);
    }

    /// <summary>With a time that <c>--from</c> and <c>--to</c> take as it is. An exception's lines follow, indented.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{At.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {Service,-8} {Line.Level,-11} {Line.Category}: {Line.Text.ReplaceLineEndings("\n    ")}");
}
