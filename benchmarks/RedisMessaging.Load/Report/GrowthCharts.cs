using RedisMessaging.Load.Charts;
using RedisMessaging.Load.Growth;

namespace RedisMessaging.Load.Report;

/// <summary>A chart for each thing that grows.</summary>
internal static class GrowthCharts
{
    /// <returns><see langword="null"/> when there is nothing to draw.</returns>
    public static string? Draw(GrowthResult result)
    {
        if (result.Points.Count == 0)
        {
            return null;
        }

        int[] sizes = [.. result.Points.Select(point => point.Size).Distinct().Order()];
        return new LineChart(
            result.Title,
            "CPU time of client and server together; less is better",
            "microseconds a message",
            result.Axis,
            [.. sizes.Select(size => size.ToString("#,0", System.Globalization.CultureInfo.InvariantCulture))],
            [.. result.Points.GroupBy(point => point.Series).Select(line => new ChartSeries(Name(line.Key), [.. sizes.Select(size => Cost(line, size))], Color(line.Key)))]).Draw();
    }

    private static double Cost(IEnumerable<GrowthPoint> line, int size) => line.FirstOrDefault(point => point.Size == size)?.Sample is { } sample ? sample.ClientEach + sample.ServerEach : double.NaN;

    private static string Name(string series) => series == nameof(TransportKind.PubSub) ? "Pub/Sub" : series;

    private static int Color(string series) => series switch
    {
        nameof(TransportKind.PubSub) => 3,
        nameof(TransportKind.Queue) => 0,
        _ => 1,
    };
}
