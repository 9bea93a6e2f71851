using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using RedisMessaging;
using StackExchange.Redis;

namespace LogCollector;

/// <summary><c>LogCollector flood web</c>: as many lines as it can, and what Redis has of them while they come and behind them.</summary>
internal static class Flood
{
    private const int Batch = 2_000;

    /// <summary>By how much the stream may be longer than <c>MaxLength</c> while the flood comes. It is trimmed behind the publishers, who do not wait for it.</summary>
    private const double Tolerance = 1.5;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    /// <returns>Whether the stream stayed within its bound, and nine tenths of the flood added nothing to what the first one took.</returns>
    public static async Task<bool> RunAsync(string service, int lines)
    {
        using var host = Logs.Build();
        await host.StartAsync();
        var bus = Logs.BusOf(host);
        var settings = Logs.SettingsOf(host);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(settings["Connection"]!);
        Console.WriteLine($"before  | {await MeasureAsync()}");

        using var over = new CancellationTokenSource();
        var watching = WatchAsync(bus.Topic(Logs.TopicOf(service)), over.Token);
        StreamSize? first = null;
        foreach (var batch in Enumerable.Range(1, lines).Chunk(Batch))
        {
            // Debug: a collector gets them, and need not show them all.
            await bus.PublishManyAsync(Logs.TopicOf(service), batch.Select(number => Traffic.Line(service, number) with { Level = LogLevel.Debug }));
            if (first is null && batch[^1] >= lines / 10)
            {
                first = await MeasureAsync();
                Console.WriteLine($"a tenth | {first}");
            }
        }

        var last = await MeasureAsync();
        Console.WriteLine($"all     | {last}");
        await over.CancelAsync();
        var most = await watching;
        Console.WriteLine($"        | never more than {most.ToString("N0", CultureInfo.InvariantCulture)} lines at a time");
        await host.StopAsync();
        var limit = settings.GetValue<long>($"Topics:{Logs.Family}:Retention:MaxLength") * Tolerance;
        return most < limit && last.Kept < limit && last.Bytes < first!.Bytes * Tolerance;

        Task<StreamSize> MeasureAsync() => StreamSize.MeasureAsync(bus, redis.GetDatabase(), settings["KeyPrefix"]!, service);
    }

    /// <returns>The most lines that it saw at once.</returns>
    private static async Task<long> WatchAsync(ITopic topic, CancellationToken over)
    {
        long most = 0;
        using var timer = new PeriodicTimer(LookEvery);
        while (!over.IsCancellationRequested)
        {
            most = Math.Max(most, (await topic.AsStream().SummarizeHistoryAsync(CancellationToken.None)).Count);
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }

        return most;
    }
}
