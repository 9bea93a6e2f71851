using System.Globalization;
using RedisMessaging.Load.Measuring;
using RedisMessaging.Load.Results;
using RedisMessaging.Load.Targets;

namespace RedisMessaging.Load.Commands;

/// <summary>
/// <c>quick [--record]</c>: some of the targets' figures on a small scale, held against those in benchmarks/recorded.json that are of the same processor; or records them there. Fails when one is more
/// than 20 % worse, also when it was measured a second time.
/// </summary>
internal static class QuickCommand
{
    private const double Tolerance = 0.8;

    private static readonly string[] Rows = ["publish-64", "drain", "flat-out", "end-to-end"];

    public static async Task<int> RunAsync(Arguments arguments)
    {
        arguments.Only("--record");
        await using var redis = await BenchmarkRedis.StartAsync();
        var groups = AllTargets.Named(Rows);
        var results = await TargetRunner.RunAsync(redis.Connection, arguments.Has("--record") ? TargetSizes.Quick.Surer : TargetSizes.Quick, groups);
        if (results.FirstOrDefault(result => result.Error is not null) is { } failed)
        {
            Console.Error.WriteLine($"{failed.Target.Name} could not be measured: {failed.Error}");
            return 1;
        }

        var machine = await Machine.ReadAsync(redis.Connection);
        var all = ResultFile.Read(Recorded.File, ResultsJson.Default.RecordedArray) ?? [];
        if (arguments.Has("--record"))
        {
            var figures = results.ToDictionary(result => result.Target.Name, result => Math.Round(result.Median, 3));
            ResultFile.Write(Recorded.File, [.. all.Where(one => !one.IsOf(machine)), new Recorded(machine, figures)], ResultsJson.Default.RecordedArray);
            Console.WriteLine($"{results.Count} figures recorded in {Recorded.File}.");
            return 0;
        }

        var recorded = Array.Find(all, one => one.IsOf(machine)) ?? new Recorded(machine, new Dictionary<string, double>());
        var suspects = groups.Where(group => results.Any(result => group.Targets.Contains(result.Target) && IsWorse(result, recorded))).ToArray();
        if (suspects.Length > 0)
        {
            // The machine may have been busy: a fall that is real is there the second time, too.
            Console.Error.WriteLine($"Measured again: {string.Join(", ", suspects.Select(group => group.Targets[0].Name))}.");
            var again = await TargetRunner.RunAsync(redis.Connection, TargetSizes.Quick.Surer, suspects);
            results = [.. results.Select(result => again.FirstOrDefault(second => second.Target == result.Target && second.Error is null && Share(second, recorded) > Share(result, recorded)) ?? result)];
        }

        foreach (var result in results)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{result.Target.Name,-26} {TargetTable.Figure(result.Median, result.Target.Unit),9}   recorded {Describe(recorded, result),9}   {(IsWorse(result, recorded) ? "FELL by more than 20 %" : "")}"));
        }

        if (recorded.Figures.Count == 0)
        {
            Console.WriteLine($"Nothing is recorded of {machine.Processor} with {machine.Cores} cores to hold them against; ./build.sh bench quick --record does that.");
        }

        return results.Any(result => IsWorse(result, recorded)) ? 1 : 0;
    }

    private static string Describe(Recorded recorded, TargetResult result) =>
        recorded.Figures.TryGetValue(result.Target.Name, out var figure) ? TargetTable.Figure(figure, result.Target.Unit) : "–";

    private static bool IsWorse(TargetResult result, Recorded recorded) => Share(result, recorded) < Tolerance;

    /// <summary>What it is of the recorded figure: below 1 is worse, whichever way the figure goes. A row that was not recorded is as it should be.</summary>
    private static double Share(TargetResult result, Recorded recorded)
    {
        if (!recorded.Figures.TryGetValue(result.Target.Name, out var figure))
        {
            return 1;
        }

        return result.Target.AtLeast ? result.Median / figure : figure / result.Median;
    }
}
