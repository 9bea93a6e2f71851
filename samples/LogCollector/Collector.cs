using System.Globalization;
using Microsoft.Extensions.Logging;
using RedisMessaging;
using Samples;

namespace LogCollector;

/// <summary><c>LogCollector collect</c>: shows what all services log, until its input ends; those that begin later, too.</summary>
internal static class Collector
{
    /// <summary>What it prints once it listens.</summary>
    public const string Collecting = "collecting";

    public static async Task RunAsync(LogLevel level)
    {
        using var host = Logs.Build();
        await host.StartAsync();
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        // Broadcast: every collector gets every line from now on, and leaves nothing behind when it stops. A service that begins later is read from its first line.
        await Logs.BusOf(host).SubscribeBatchAsync<LogLine>(
            Logs.Family,
            (batch, _) =>
            {
                // Lines of several services that come together are brought into the order of their time; a service's own keep theirs, because the sort is stable.
                foreach (var collected in batch.Select(line => Collected.From(line, line.Message)).OrderBy(line => line.At))
                {
                    counts[collected.Service] = counts.GetValueOrDefault(collected.Service) + 1;
                    if (collected.Line.Level >= level)
                    {
                        Console.WriteLine(collected);
                    }
                }

                return ValueTask.CompletedTask;
            },
            new BatchSubscribeOptions { Broadcast = true, BatchSize = 1_000, BatchWait = TimeSpan.FromMilliseconds(100) });
        Console.WriteLine(Collecting);
        await EndOfInput.WaitAsync();

        await host.StopAsync();
        Console.WriteLine($"-- collected {string.Join(", ", counts.Select(service => $"{service.Key} {service.Value.ToString("N0", CultureInfo.InvariantCulture)}"))}");
    }
}
