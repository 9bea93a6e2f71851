using Microsoft.Extensions.Logging;
using RedisMessaging;

namespace LogCollector;

/// <summary><c>LogCollector query</c>: the newest lines that fit, out of what the streams still have.</summary>
internal static class Query
{
    private const int LargestPage = 200;

    public static async Task RunAsync(QueryOptions options)
    {
        using var host = Logs.Build();
        await host.StartAsync();
        var bus = Logs.BusOf(host);
        var services = await ServicesAsync(bus, options.Service);
        // Every line fits without a level, so that no service has to give more than is asked for; with one they are sparse.
        var history = new HistoryOptions { Backwards = true, PageSize = options.Level == LogLevel.Trace ? Math.Min(options.Last, LargestPage) : LargestPage };
        var histories = services.Select(service => bus.Topic(Logs.TopicOf(service)).AsStream().ReadHistoryAsync<LogLine>(PointOf(options.From), PointOf(options.To), history));
        var (shown, looked, unreadable) = (0, 0, 0);
        // Levels are looked at behind the merge: in front of it, a service without errors would be read to its end before the first line of another could be shown.
        await foreach (var entry in NewestFirst.MergeAsync(histories))
        {
            looked++;
            if (!entry.TryGetMessage(out var line))
            {
                unreadable++;
            }
            else if (line.Level >= options.Level)
            {
                Console.WriteLine(Collected.From(entry.Context!, line));
                if (++shown == options.Last)
                {
                    break;
                }
            }
        }

        Console.WriteLine($"-- {shown} shown, {looked} looked at, in {string.Join(", ", services)}{(unreadable > 0 ? $"; {unreadable} could not be read" : "")}");
        await host.StopAsync();
    }

    private static HistoryPoint PointOf(DateTimeOffset? time) => time is { } known ? HistoryPoint.At(known) : HistoryPoint.Open;

    private static async Task<IReadOnlyList<string>> ServicesAsync(IMessageBus bus, string? only)
    {
        var all = new List<string>();
        await foreach (var topic in bus.Topic(Logs.Family).AsFamily().ListMembersAsync())
        {
            all.Add(Logs.ServiceOf(topic));
        }

        all.Sort(StringComparer.Ordinal);
        return only is null ? all
            : all.Contains(only) ? [only]
            : throw new UsageException($"No service '{only}' has logged; there are: {string.Join(", ", all)}.");
    }
}
