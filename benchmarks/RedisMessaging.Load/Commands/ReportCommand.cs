using RedisMessaging.Load.Report;
using RedisMessaging.Load.Results;
using RedisMessaging.Load.Targets;

namespace RedisMessaging.Load.Commands;

/// <summary>
/// <c>report [--rounds N] [--only targets,growth,usual | --read]</c>: measures everything (or some of it, or nothing with <c>--read</c>), and writes docs/benchmarks.md and its charts from what was measured
/// last.
/// </summary>
internal static class ReportCommand
{
    private static readonly string[] Parts = ["targets", "usual", "growth"];

    public static async Task<int> RunAsync(Arguments arguments)
    {
        arguments.Only("--rounds", "--only", "--read");
        string[] wanted = arguments.Has("--read") ? [] : [.. arguments.Text("--only", string.Join(',', Parts)).Split(',')];
        if (wanted.Except(Parts).FirstOrDefault() is { } unknown)
        {
            throw new ArgumentException($"'{unknown}' is no part of the report. There are: {string.Join(", ", Parts)}.");
        }

        var rounds = arguments.Number("--rounds", TargetSizes.Full.Rounds);
        var failed = new List<string>();
        foreach (var part in Parts.Where(wanted.Contains))
        {
            Console.WriteLine($"{part}: {DateTime.UtcNow:HH:mm:ss}");
            try
            {
                if (await RunAsync(part, Of(part, rounds)) != 0)
                {
                    failed.Add(part);
                }
            }
            catch (Exception exception)
            {
                // The page is written with what there is.
                Console.Error.WriteLine($"{part}: {exception}");
                failed.Add(part);
            }
        }

        var page = new ReportPage(
            ResultFile.Read(TargetsCommand.File, ResultsJson.Default.TargetReport),
            ResultFile.Read(UsualCommand.File, ResultsJson.Default.UsualReport),
            ResultFile.Read(GrowthCommand.File, ResultsJson.Default.GrowthReport),
            ResultFile.Read(Recorded.File, ResultsJson.Default.RecordedArray) ?? []);
        await page.WriteAsync();
        Console.WriteLine($"{ReportPage.File} is written{(failed.Count == 0 ? "" : $"; something failed in: {string.Join(", ", failed)}")}.");
        return failed.Count == 0 ? 0 : 1;
    }

    /// <summary>The targets need more rounds than the rest: these are the most.</summary>
    private static Arguments Of(string part, int rounds) => new(["--rounds", $"{(part == "targets" ? rounds : Math.Min(rounds, 3))}"]);

    private static Task<int> RunAsync(string part, Arguments arguments) => part switch
    {
        "targets" => TargetsCommand.RunAsync(arguments),
        "usual" => UsualCommand.RunAsync(arguments),
        _ => GrowthCommand.RunAsync(arguments),
    };
}
