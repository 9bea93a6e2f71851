using RedisMessaging.Load.Measuring;
using RedisMessaging.Load.Scenarios;
using RedisMessaging.Load.Ways;

namespace RedisMessaging.Load.Targets;

/// <summary>Pub/Sub from publishers that await each message to the handler: how fast and what it allocates, held against hand-written.</summary>
internal sealed class PubSubTargets(Target rate, Target bytesRatio, Target bytes) : TargetGroup(rate, bytesRatio, bytes)
{
    private const int Publishers = 64;

    public override async Task<IReadOnlyList<TargetResult>> RunAsync(TargetRun run)
    {
        var endToEnd = new EndToEnd(run.Connection);
        var (bus, hand) = (new BusWay(TransportKind.PubSub), AllWays.BatchOf(TransportKind.PubSub));
        var samples = await Rounds.RunAsync(
            run.Sizes.Rounds,
            Targets[0].Name,
            run.Progress,
            () => endToEnd.FlatOutAsync(bus, Publishers, run.Sizes.EndToEndMessages),
            () => endToEnd.FlatOutAsync(hand, Publishers, run.Sizes.EndToEndMessages));
        var medians = Medians(samples).ToList();
        if (run.Sizes.Limits)
        {
            medians.Add(new Sample("redis-benchmark", 1, 1 / await RedisBenchmark.LimitAsync(run.Connection, TransportKind.PubSub, 370, publishOnly: true), 0, 0, 0));
        }

        return
        [
            new TargetResult(Targets[0], Ratios(samples[0], samples[1], sample => sample.Rate), medians),
            new TargetResult(Targets[1], Ratios(samples[0], samples[1], sample => sample.BytesEach), medians),
            new TargetResult(Targets[2], [.. samples[0].Select(sample => sample.BytesEach)], medians),
        ];
    }
}
