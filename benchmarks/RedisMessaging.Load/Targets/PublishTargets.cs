using RedisMessaging.Load.Measuring;
using RedisMessaging.Load.Scenarios;
using RedisMessaging.Load.Ways;
using RedisMessaging.Load.Ways.ByHand;
using StackExchange.Redis;

namespace RedisMessaging.Load.Targets;

/// <summary>Publishing, each message awaited: through the bus, JSON included, and the same bytes through StackExchange.Redis.</summary>
internal sealed class PublishTargets(TransportKind transport, int callers, Target target) : TargetGroup(target)
{
    public override async Task<IReadOnlyList<TargetResult>> RunAsync(TargetRun run)
    {
        var (here, there) = (Place.New(run.Connection), Place.New(run.Connection));
        await using var bus = new PublishRun("bus", here, await new BusWay(transport).OpenSenderAsync(here), callers, run.Sizes.PublishTime);
        await using var raw = new PublishRun("same bytes", there, new SameBytesSender(await there.ConnectAsync(), there, transport), callers, run.Sizes.PublishTime);
        // As the bus' connections are, for the table: what that alone brings.
        await using var pooled = new PublishRun("same bytes, thread pool", there, new SameBytesSender(await there.ConnectAsync(SocketManager.ThreadPool), there, transport), callers, run.Sizes.PublishTime);
        var samples = run.Sizes.Limits
            ? await Rounds.RunAsync(run.Sizes.Rounds, Targets[0].Name, run.Progress, bus.RunAsync, raw.RunAsync, pooled.RunAsync)
            : await Rounds.RunAsync(run.Sizes.Rounds, Targets[0].Name, run.Progress, bus.RunAsync, raw.RunAsync);
        var medians = Medians(samples).ToList();
        if (run.Sizes.Limits && callers > 1)
        {
            medians.Add(new Sample("redis-benchmark", 1, 1 / await RedisBenchmark.LimitAsync(run.Connection, transport, 370, publishOnly: true), 0, 0, 0));
        }

        return [new TargetResult(Targets[0], Ratios(samples[0], samples[1], sample => sample.Rate), medians)];
    }
}
