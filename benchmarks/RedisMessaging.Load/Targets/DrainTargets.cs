using RedisMessaging.Load.Measuring;
using RedisMessaging.Load.Scenarios;
using RedisMessaging.Load.Ways;

namespace RedisMessaging.Load.Targets;

/// <summary>Draining a backlog: through the bus, and by the hand-written loop that is the fastest here.</summary>
internal sealed class DrainTargets(TransportKind transport, Target target) : TargetGroup(target)
{
    private const int TryOut = 300_000;

    public override int Steps(TargetSizes sizes) => sizes.DrainRounds + 2;

    public override async Task<IReadOnlyList<TargetResult>> RunAsync(TargetRun run)
    {
        run.Progress.Next($"{Targets[0].Name}, which hand-written loop to hold it against");
        await using var draining = await Draining.PrepareAsync(run.Connection, transport, run.Sizes.DrainMessages);
        var (best, tried) = run.Sizes.TriesDrains
            ? await BestAsync(draining, Math.Min(TryOut, run.Sizes.DrainMessages))
            : (AllWays.BatchOf(transport, 250), []);
        var bus = new BusWay(transport);
        var samples = await Rounds.RunAsync(run.Sizes.DrainRounds, Targets[0].Name, run.Progress, () => draining.RunAsync(bus), () => draining.RunAsync(best));
        return [new TargetResult(Targets[0], Ratios(samples[0], samples[1], sample => sample.Rate), [.. Medians(samples), .. tried.Where(sample => sample.Way != best.Name)]) { Note = $"held against {best.Name}" }];
    }

    /// <summary>By the median of three runs each, in turn.</summary>
    private async Task<(Way Best, IReadOnlyList<Sample> Tried)> BestAsync(Draining draining, int messages)
    {
        var ways = AllWays.BestOf(transport);
        var runs = ways.ToDictionary(way => way, _ => new List<Sample>());
        for (var run = 0; run < 3; run++)
        {
            foreach (var way in ways)
            {
                runs[way].Add(await draining.RunAsync(way, messages));
            }
        }

        var tried = runs.ToDictionary(pair => pair.Key, pair => Sample.MedianOf(pair.Value));
        return (tried.MaxBy(pair => pair.Value.Rate).Key, [.. tried.Values]);
    }
}
