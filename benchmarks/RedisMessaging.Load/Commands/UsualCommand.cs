using RedisMessaging.Load.Measuring;
using RedisMessaging.Load.Results;
using RedisMessaging.Load.Scenarios;
using RedisMessaging.Load.Ways;

namespace RedisMessaging.Load.Commands;

/// <summary><c>usual [--rounds N]</c>: the bus beside the programs people usually write by hand, at 1,000 messages a second; kept in usual.json.</summary>
internal static class UsualCommand
{
    public const string File = "usual.json";

    private const int Rate = 1_000;
    private const int Rounds = 3;
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(2);

    public static async Task<int> RunAsync(Arguments arguments)
    {
        arguments.Only("--rounds");
        var rounds = Math.Max(1, arguments.Number("--rounds", Rounds));
        await using var redis = await BenchmarkRedis.StartAsync();
        var endToEnd = new EndToEnd(redis.Connection);
        TransportKind[] transports = [TransportKind.PubSub, TransportKind.Queue, TransportKind.Stream];
        var progress = new Progress(transports.Length * (rounds + 1));
        var all = new Dictionary<string, IReadOnlyList<Sample>>();
        foreach (var transport in transports)
        {
            var samples = await Measuring.Rounds.RunAsync(rounds, $"{transport}", progress, [.. AllWays.UsualOf(transport).Select(way => (Func<Task<Sample>>)(() => endToEnd.AtRateAsync(way, Rate, Time)))]);
            all[$"{transport}"] = [.. samples.Select(Sample.MedianOf)];
        }

        progress.End();
        ResultFile.Write(File, new UsualReport(await Machine.ReadAsync(redis.Connection), rounds, Rate, all), ResultsJson.Default.UsualReport);
        foreach (var (transport, samples) in all)
        {
            SampleTable.Show($"{transport}, {Rate:N0} messages a second", samples);
        }

        return 0;
    }
}
