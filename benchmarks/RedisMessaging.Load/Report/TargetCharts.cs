using RedisMessaging.Load.Charts;
using RedisMessaging.Load.Measuring;
using RedisMessaging.Load.Results;

namespace RedisMessaging.Load.Report;

/// <summary>The charts of what was measured for the targets.</summary>
internal static class TargetCharts
{
    private static readonly string[] Transports = ["Pub/Sub", "Queue", "Stream"];

    private static readonly string[] Drains = ["drain-queue", "drain-stream"];

    public static string Throughput(TargetReport report) => new BarChart(
        "End to end, 64 publishers, each awaiting its own",
        "256 B as JSON, acks included where there are any; more is better",
        "messages a second",
        "",
        Transports,
        [
            Bars(report, "through the bus", 0, sample => sample.Way == "bus", "flat-out-pubsub", "end-to-end-queue", "end-to-end-stream"),
            Bars(report, "by hand, in batches", 1, IsBatch, "flat-out-pubsub", "end-to-end-queue", "end-to-end-stream"),
            Bars(report, "by hand, one by one", 2, sample => sample.Way == "one-by-one", "flat-out-pubsub", "end-to-end-queue", "end-to-end-stream"),
        ]).Draw();

    public static string Publishing(TargetReport report) => new BarChart(
        "Publishing, 64 callers, each awaiting its own",
        "256 B as JSON; by hand a ready frame of as many bytes, one command for each; more is better",
        "messages a second",
        "",
        Transports,
        [
            Bars(report, "through the bus", 0, sample => sample.Way == "bus", "publish-64-pubsub", "publish-64-queue", "publish-64-stream"),
            Bars(report, "StackExchange.Redis, the same bytes", 1, sample => sample.Way == "same bytes", "publish-64-pubsub", "publish-64-queue", "publish-64-stream"),
            Bars(report, "the same, thread pool", 2, sample => sample.Way == "same bytes, thread pool", "publish-64-pubsub", "publish-64-queue", "publish-64-stream"),
        ]).Draw();

    public static string Draining(TargetReport report) => new BarChart(
        "Draining a backlog of a million messages",
        "256 B as JSON, a handler that does nothing, acks included; more is better",
        "messages a second",
        "",
        Transports[1..],
        [
            Bars(report, "through the bus", 0, sample => sample.Way == "bus", Drains),
            // The second way is the one that was held against; those that were tried stand behind it.
            new ChartSeries("the best loop by hand", [.. Drains.Select(row => Samples(report, row).Skip(1).FirstOrDefault()?.Rate ?? double.NaN)], 1),
        ]).Draw();

    public static string Latency(TargetReport report)
    {
        var series = new List<ChartSeries>();
        foreach (var (row, name, color) in new[] { ("latency-p50-pubsub", "Pub/Sub", 3), ("latency-p50-queue", "Queue", 0), ("latency-p50-stream", "Stream", 1) })
        {
            var samples = Samples(report, row);
            if (samples.Count == 2)
            {
                series.Add(new ChartSeries(name, Percentiles(samples[0]), color));
                series.Add(new ChartSeries($"{name}, raw", Percentiles(samples[1]), color, Dashed: true));
            }
        }

        return new LineChart(
            "From publish to handler at 1,000 messages a second",
            "dashed: a blocking read with nothing around it; less is better",
            "microseconds, logarithmic",
            "of all messages so many were handled within",
            ["50 %", "90 %", "99 %", "99.9 %"],
            series,
            IsLogarithmic: true).Draw();
    }

    public static string Usual(UsualReport report)
    {
        string[] transports = ["Queue", "Stream"];
        var ways = transports.SelectMany(transport => report.Samples.GetValueOrDefault(transport, [])).Select(sample => sample.Way).Distinct().Where(way => way is not "raw-read" and not "blmpop-100" and not "park-100").ToArray();
        return new LineChart(
            $"Median latency at {report.Rate:N0} messages a second, beside what is usually written",
            "from publish to handler; less is better",
            "microseconds, logarithmic",
            "",
            ways,
            [.. transports.Select((transport, i) => new ChartSeries(transport, [.. ways.Select(way => report.Samples.GetValueOrDefault(transport, []).FirstOrDefault(sample => sample.Way == way)?.P50 ?? double.NaN)], i))],
            IsLogarithmic: true,
            IsConnected: false).Draw();
    }

    private static double[] Percentiles(Sample sample) => [sample.P50, sample.P90, sample.P99, sample.P999];

    private static bool IsBatch(Sample sample) => sample.Way is "channel" || sample.Way.StartsWith("claim-", StringComparison.Ordinal) || sample.Way.StartsWith("group-", StringComparison.Ordinal);

    private static ChartSeries Bars(TargetReport report, string name, int color, Func<Sample, bool> which, params string[] rows) =>
        new(name, [.. rows.Select(row => Samples(report, row).FirstOrDefault(which)?.Rate ?? double.NaN)], color);

    private static IReadOnlyList<Sample> Samples(TargetReport report, string row) => report.Results.FirstOrDefault(result => result.Target.Name == row)?.Samples ?? [];
}
