using System.Globalization;
using System.Text;
using RedisMessaging.Load.Measuring;
using RedisMessaging.Load.Results;

namespace RedisMessaging.Load.Report;

/// <summary>Ways side by side as a table in Markdown.</summary>
internal static class WayTable
{
    /// <summary>What is behind these rows of the targets.</summary>
    public static string Write(TargetReport report, params string[] rows) => Write(
        from row in rows
        from result in report.Results.Where(result => result.Target.Name == row)
        from sample in result.Samples
        select (result.Target.What[..result.Target.What.IndexOfAny([':', ' '])], sample));

    /// <param name="samples">Each with its transport.</param>
    public static string Write(IEnumerable<(string Transport, Sample Sample)> samples)
    {
        var text = new StringBuilder();
        var all = samples.ToArray();
        var latency = all.Any(one => one.Sample.P50 > 0);
        text.Append(CultureInfo.InvariantCulture, $"| | way | messages/s |{(latency ? " p50 µs | p99 µs | p99.9 µs |" : "")} client µs/message | server µs/message | allocated/message |\n");
        text.Append(CultureInfo.InvariantCulture, $"|---|---|---|{(latency ? "---|---|---|" : "")}---|---|---|\n");
        foreach (var (transport, sample) in all)
        {
            var times = latency ? $" {Number(sample.P50, "#,0")} | {Number(sample.P99, "#,0")} | {Number(sample.P999, "#,0")} |" : "";
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {(transport == nameof(TransportKind.PubSub) ? "Pub/Sub" : transport)} | {sample.Way} | {sample.Rate:#,0} |{times} {Number(sample.ClientEach, "0.00")} | {Number(sample.ServerEach, "0.00")} | {Number(sample.BytesEach, "#,0' B'")} |\n");
        }

        return text.Append('\n').ToString();
    }

    private static string Number(double value, string format) => value == 0 ? "–" : value.ToString(format, CultureInfo.InvariantCulture);
}
