using RedisMessaging.Load.Growth;
using RedisMessaging.Load.Measuring;
using RedisMessaging.Load.Results;

namespace RedisMessaging.Load.Commands;

/// <summary><c>growth [NAME …] [--sizes 1,100] [--rounds N]</c>: what a message costs when something grows; kept in growth.json.</summary>
internal static class GrowthCommand
{
    public const string File = "growth.json";

    private const int Rounds = 3;

    public static async Task<int> RunAsync(Arguments arguments)
    {
        arguments.Only("--sizes", "--rounds");
        var series = AllGrowth.Named(arguments.Names);
        int[] sizes = [.. arguments.Text("--sizes", "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(size => int.TryParse(size, out var number) ? number : throw new ArgumentException($"--sizes takes numbers with commas between them, not '{size}'."))];
        var rounds = Math.Max(1, arguments.Number("--rounds", Rounds));
        await using var redis = await BenchmarkRedis.StartAsync();
        var machine = await Machine.ReadAsync(redis.Connection);
        var results = await GrowthRunner.RunAsync(redis.Connection, series, sizes, rounds);
        var report = new GrowthReport(machine, rounds, results);
        if (arguments.Names.Count > 0 && ResultFile.Read(File, ResultsJson.Default.GrowthReport) is { } before)
        {
            report = before.With(results);
        }

        ResultFile.Write(File, report, ResultsJson.Default.GrowthReport);
        foreach (var result in results)
        {
            Console.WriteLine($"{result.Title}\n\n{GrowthTable.Write(result)}");
        }

        Console.WriteLine(machine);
        return results.Any(result => result.Error is not null) ? 1 : 0;
    }
}
