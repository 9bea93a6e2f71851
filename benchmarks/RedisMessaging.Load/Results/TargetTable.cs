using System.Globalization;
using System.Text;
using RedisMessaging.Load.Targets;

namespace RedisMessaging.Load.Results;

/// <summary>The targets as a table in Markdown.</summary>
internal static class TargetTable
{
    public static string Write(TargetReport report)
    {
        var text = new StringBuilder();
        text.Append("| | target | median | least to most | |\n|---|---|---|---|---|\n");
        foreach (var result in report.Results)
        {
            var note = result.Note.Length > 0 ? $" ({result.Note})" : "";
            text.Append(CultureInfo.InvariantCulture, $"| {result.Target.What}{note} | {Wanted(result.Target)} | ");
            text.Append(result.Error is { } error
                ? $"– | – | failed: {error.ReplaceLineEndings(" ").Replace('|', '/')} |\n"
                : $"{Figure(result.Median, result.Target.Unit)} | {Figure(result.Values.Min(), result.Target.Unit)} to {Figure(result.Values.Max(), result.Target.Unit)} | {(result.IsMet ? "met" : "**not met**")} |\n");
        }

        return text.ToString();
    }

    public static string Wanted(Target target) => $"{(target.AtLeast ? "≥" : "≤")} {Figure(target.Wanted, target.Unit)}";

    public static string Figure(double value, string unit) => unit == "B"
        ? value.ToString("#,0", CultureInfo.InvariantCulture) + " B"
        : value.ToString(value < 10 ? "0.00" : "0.0", CultureInfo.InvariantCulture) + unit;
}
