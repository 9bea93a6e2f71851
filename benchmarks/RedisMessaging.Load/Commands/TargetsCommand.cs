using RedisMessaging.Load.Measuring;
using RedisMessaging.Load.Results;
using RedisMessaging.Load.Targets;

namespace RedisMessaging.Load.Commands;

/// <summary><c>targets [NAME …] [--rounds N]</c>: fills the table of targets, or some rows of it, and keeps it in targets.json and targets.md.</summary>
internal static class TargetsCommand
{
    public const string File = "targets.json";

    public static async Task<int> RunAsync(Arguments arguments)
    {
        arguments.Only("--rounds");
        var groups = AllTargets.Named(arguments.Names);
        var sizes = TargetSizes.Full.AtMost(Math.Max(1, arguments.Number("--rounds", TargetSizes.Full.Rounds)));
        await using var redis = await BenchmarkRedis.StartAsync();
        var machine = await Machine.ReadAsync(redis.Connection);
        var results = await TargetRunner.RunAsync(redis.Connection, sizes, groups);
        var report = new TargetReport(machine, sizes.Rounds, results);
        // Rows measured before stay, so that a run can be mended row by row; what they were measured on is then not quite the same.
        if (arguments.Names.Count > 0 && ResultFile.Read(File, ResultsJson.Default.TargetReport) is { } before)
        {
            report = before.With(results);
        }

        ResultFile.Write(File, report, ResultsJson.Default.TargetReport);
        await System.IO.File.WriteAllTextAsync("targets.md", $"{TargetTable.Write(report)}\n{machine}; medians of {sizes.Rounds}.\n");
        foreach (var samples in results.Where(result => result.Samples.Count > 0).DistinctBy(result => result.Samples))
        {
            SampleTable.Show(samples.Target.Name, samples.Samples);
        }

        Console.WriteLine(TargetTable.Write(report with { Results = results }));
        Console.WriteLine(machine);
        return results.Any(result => result.Error is not null) ? 1 : 0;
    }
}
