using RedisMessaging.Load.Measuring;

namespace RedisMessaging.Load.Growth;

/// <summary>Runs series one after the other; within one the sizes take turns.</summary>
internal static class GrowthRunner
{
    public static async Task<IReadOnlyList<GrowthResult>> RunAsync(string connection, IReadOnlyList<GrowthSeries> series, IReadOnlyCollection<int> sizes, int rounds)
    {
        var all = series.Select(one => (Series: one, Points: Points(one, sizes))).ToArray();
        var progress = new Progress(all.Sum(one => one.Points.Length) * (rounds + 1));
        var results = new List<GrowthResult>();
        foreach (var (one, points) in all)
        {
            results.Add(await RunAsync(connection, one, points, rounds, progress));
        }

        progress.End();
        return results;
    }

    private static async Task<GrowthResult> RunAsync(string connection, GrowthSeries series, (TransportKind Transport, int Size)[] points, int rounds, Progress progress)
    {
        var samples = points.ToDictionary(point => point, _ => new List<Sample>());
        var connections = new Dictionary<(TransportKind, int), int>();
        var errors = new Dictionary<(TransportKind, int), string>();
        // The first round warms up.
        for (var round = 0; round <= rounds; round++)
        {
            foreach (var point in points)
            {
                progress.Next($"{series.Name}, {point.Transport}, {point.Size:N0}");
                if (errors.ContainsKey(point))
                {
                    continue;
                }

                try
                {
                    var (sample, count) = await series.MeasureAsync(connection, point.Transport, point.Size);
                    connections[point] = count;
                    if (round > 0)
                    {
                        samples[point].Add(sample);
                    }
                }
                catch (Exception exception)
                {
                    // One size that can't be measured costs its own point, not the others.
                    progress.End();
                    Console.Error.WriteLine($"{series.Name}, {point.Transport}, {point.Size:N0}: {exception}");
                    errors[point] = $"{point.Transport}, {point.Size:N0}: {exception.Message}";
                }
            }
        }

        return new GrowthResult(
            series.Name,
            series.Title,
            series.Axis,
            [.. points.Where(point => samples[point].Count > 0).Select(point => new GrowthPoint($"{point.Transport}", point.Size, Sample.MedianOf(samples[point]), connections[point]))])
        {
            Error = errors.Count == 0 ? null : string.Join("; ", errors.Values),
        };
    }

    private static (TransportKind Transport, int Size)[] Points(GrowthSeries series, IReadOnlyCollection<int> sizes) =>
    [
        .. from transport in series.Transports
           from size in series.Sizes
           where size <= series.Largest(transport) && (sizes.Count == 0 || sizes.Contains(size))
           select (transport, size),
    ];
}
