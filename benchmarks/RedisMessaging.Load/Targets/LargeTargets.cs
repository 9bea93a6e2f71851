using RedisMessaging.Load.Measuring;
using RedisMessaging.Load.Scenarios;

namespace RedisMessaging.Load.Targets;

/// <summary>Bodies of 4 KiB: a reliable queue, held against BLMPOP, which loses what it was given when it dies.</summary>
internal sealed class LargeTargets(Target target) : TargetGroup(target)
{
    public override async Task<IReadOnlyList<TargetResult>> RunAsync(TargetRun run)
    {
        var bodies = new LargeBodies(run.Connection, run.Sizes.LargeMessages);
        var samples = await Rounds.RunAsync(run.Sizes.Rounds, Targets[0].Name, run.Progress, bodies.BusAsync, bodies.AtMostOnceAsync);
        return [new TargetResult(Targets[0], Ratios(samples[0], samples[1], sample => sample.Rate), Medians(samples))];
    }
}
