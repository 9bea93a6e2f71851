using System.Globalization;
using RedisMessaging.Load.Measuring;
using RedisMessaging.Load.Results;
using RedisMessaging.Load.Scenarios;
using RedisMessaging.Load.Ways;

namespace RedisMessaging.Load.Commands;

/// <summary>
/// <c>load [--transport T] [--ways a,b|all] [--rate N] [--seconds N] [--publishers N] [--bytes N] [--processes 1|2] [--rounds N]</c>: publishers and a consumer, flat out or at a rate, through the bus and by
/// hand in turn.
/// </summary>
internal static class LoadCommand
{
    private const int FlatOutRate = 100_000;
    private const int HeaderBytes = 115;

    public static async Task<int> RunAsync(Arguments arguments)
    {
        arguments.Only("--transport", "--ways", "--rate", "--seconds", "--publishers", "--bytes", "--processes", "--rounds");
        var transports = Transports(arguments.Text("--transport", "all"));
        var rate = arguments.Number("--rate", 0);
        var seconds = arguments.Number("--seconds", 2);
        var publishers = arguments.Number("--publishers", 64);
        var bytes = arguments.Number("--bytes", 256);
        var rounds = arguments.Number("--rounds", 5);
        var processes = arguments.Number("--processes", 1);
        if (processes is < 1 or > 2 || publishers == 0 || rounds == 0 || seconds == 0)
        {
            throw new ArgumentException("--processes takes 1 or 2; --publishers, --rounds and --seconds take 1 at the least.");
        }

        await using var redis = await BenchmarkRedis.StartAsync();
        Console.WriteLine(await Machine.ReadAsync(redis.Connection));
        var chosen = transports.ToDictionary(transport => transport, transport => Choose(transport, arguments.Text("--ways", "")));
        var progress = new Progress(chosen.Count * (rounds + 1));
        var endToEnd = new EndToEnd(redis.Connection, processes == 2);
        foreach (var (transport, ways) in chosen)
        {
            var samples = await Rounds.RunAsync(rounds, $"{transport}", progress, [.. ways.Select(way => (Func<Task<Sample>>)(() => rate > 0
                ? endToEnd.AtRateAsync(way, rate, TimeSpan.FromSeconds(seconds), bytes)
                : endToEnd.FlatOutAsync(way, publishers, seconds * (way.SlowestRate ?? FlatOutRate), bytes)))]);
            var limit = rate > 0 ? 0 : await RedisBenchmark.LimitAsync(redis.Connection, transport, bytes + HeaderBytes, publishOnly: false);
            progress.End();
            var how = rate > 0 ? $"{rate:N0} messages a second" : $"flat out, {publishers} publishers";
            SampleTable.Show($"{transport}, {how}, {bytes} B, {processes} {(processes == 1 ? "process" : "processes")}, medians of {rounds}", samples.Select(Sample.MedianOf));
            if (rate > 0)
            {
                TellRatios(ways, samples, "the median latency", sample => sample.P50);
            }
            else
            {
                TellRatios(ways, samples, "the messages a second", sample => sample.Rate);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{ways[0].Name} to the server's limit by redis-benchmark ({limit:#,0} messages a second in and out): {Sample.MedianOf(samples[0]).Rate / limit:0.00}×"));
            }

            Console.WriteLine();
        }

        return 0;
    }

    private static TransportKind[] Transports(string text) => text.Equals("all", StringComparison.OrdinalIgnoreCase)
        ? [TransportKind.PubSub, TransportKind.Queue, TransportKind.Stream]
        : Enum.TryParse<TransportKind>(text, ignoreCase: true, out var transport) ? [transport] : throw new ArgumentException($"There is no transport '{text}': PubSub, Queue, Stream, all.");

    private static Way[] Choose(TransportKind transport, string names) => names switch
    {
        "" when transport == TransportKind.PubSub => [new BusWay(transport), AllWays.BatchOf(transport)],
        "" => [new BusWay(transport), AllWays.BatchOf(transport), AllWays.OneByOneOf(transport)],
        "all" => [.. AllWays.Of(transport)],
        _ => [.. names.Split(',').Select(name => AllWays.Named(transport, name))],
    };

    private static void TellRatios(Way[] ways, IReadOnlyList<Sample>[] samples, string what, Func<Sample, double> figure)
    {
        for (var other = 1; other < ways.Length; other++)
        {
            var ratio = samples[0].Zip(samples[other], (one, two) => figure(one) / figure(two)).Median();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{ways[0].Name} to {ways[other].Name}: {ratio:0.00}× {what}"));
        }
    }
}
