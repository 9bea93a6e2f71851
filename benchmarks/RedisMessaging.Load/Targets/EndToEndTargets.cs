using RedisMessaging.Load.Measuring;
using RedisMessaging.Load.Scenarios;
using RedisMessaging.Load.Ways;

namespace RedisMessaging.Load.Targets;

/// <summary>Queue and stream from 64 publishers to the handler, acks included: how fast, held against one message after the other, and what it allocates, held against hand-written batches.</summary>
internal sealed class EndToEndTargets(TransportKind transport, Target rate, Target bytesRatio, Target bytes) : TargetGroup(rate, bytesRatio, bytes)
{
    private const int Publishers = 64;

    public override async Task<IReadOnlyList<TargetResult>> RunAsync(TargetRun run)
    {
        var endToEnd = new EndToEnd(run.Connection);
        var (bus, batch, oneByOne) = (new BusWay(transport), AllWays.BatchOf(transport), AllWays.OneByOneOf(transport));
        var samples = await Rounds.RunAsync(
            run.Sizes.Rounds,
            Targets[0].Name,
            run.Progress,
            () => endToEnd.FlatOutAsync(bus, Publishers, run.Sizes.EndToEndMessages),
            () => endToEnd.FlatOutAsync(batch, Publishers, run.Sizes.EndToEndMessages),
            () => endToEnd.FlatOutAsync(oneByOne, Publishers, oneByOne.SlowestRate!.Value));
        var medians = Medians(samples).ToList();
        if (run.Sizes.Limits)
        {
            medians.Add(new Sample("redis-benchmark", 1, 1 / await RedisBenchmark.LimitAsync(run.Connection, transport, 370, publishOnly: false), 0, 0, 0));
        }

        return
        [
            new TargetResult(Targets[0], Ratios(samples[0], samples[2], sample => sample.Rate), medians),
            new TargetResult(Targets[1], Ratios(samples[0], samples[1], sample => sample.BytesEach), medians) { Note = $"held against {batch.Name}" },
            new TargetResult(Targets[2], [.. samples[0].Select(sample => sample.BytesEach)], medians),
        ];
    }
}
