using RedisMessaging.Load.Measuring;
using RedisMessaging.Load.Scenarios;
using RedisMessaging.Load.Ways;

namespace RedisMessaging.Load.Targets;

/// <summary>From publish to handler at 1,000 messages a second, held against a blocking read with nothing around it.</summary>
internal sealed class LatencyTargets(TransportKind transport, Target median, Target tail) : TargetGroup(median, tail)
{
    private const int Rate = 1_000;

    public override async Task<IReadOnlyList<TargetResult>> RunAsync(TargetRun run)
    {
        var endToEnd = new EndToEnd(run.Connection);
        var (bus, raw) = (new BusWay(transport), AllWays.RawReadOf(transport));
        var samples = await Rounds.RunAsync(
            run.Sizes.Rounds,
            Targets[0].Name,
            run.Progress,
            () => endToEnd.AtRateAsync(bus, Rate, run.Sizes.LatencyTime),
            () => endToEnd.AtRateAsync(raw, Rate, run.Sizes.LatencyTime));
        var medians = Medians(samples);
        return
        [
            new TargetResult(Targets[0], Ratios(samples[0], samples[1], sample => sample.P50), medians),
            new TargetResult(Targets[1], Ratios(samples[0], samples[1], sample => sample.P99), medians),
        ];
    }
}
