using RedisMessaging.Load.Measuring;

namespace RedisMessaging.Load.Targets;

/// <summary>Targets that are measured together.</summary>
internal abstract class TargetGroup(params Target[] targets)
{
    public IReadOnlyList<Target> Targets { get; } = targets;

    /// <summary>How many steps of progress it makes.</summary>
    public virtual int Steps(TargetSizes sizes) => sizes.Rounds + 1;

    public abstract Task<IReadOnlyList<TargetResult>> RunAsync(TargetRun run);

    /// <summary>Round by round what one way's figure is to the other's.</summary>
    protected static double[] Ratios(IReadOnlyList<Sample> bus, IReadOnlyList<Sample> other, Func<Sample, double> figure) =>
        [.. bus.Zip(other, (first, second) => figure(first) / figure(second))];

    protected static IReadOnlyList<Sample> Medians(params IReadOnlyList<Sample>[] samples) => [.. samples.Select(Sample.MedianOf)];
}
