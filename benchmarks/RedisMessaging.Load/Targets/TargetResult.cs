using RedisMessaging.Load.Measuring;

namespace RedisMessaging.Load.Targets;

/// <summary>A target and what was measured.</summary>
/// <param name="Target">What is to be reached.</param>
/// <param name="Values">The figure of each round.</param>
/// <param name="Samples">Behind it: each way's median sample.</param>
internal sealed record TargetResult(Target Target, IReadOnlyList<double> Values, IReadOnlyList<Sample> Samples)
{
    /// <summary>What the figure is held against, where that was chosen in the run.</summary>
    public string Note { get; init; } = "";

    /// <summary>Why there is no figure.</summary>
    public string? Error { get; init; }

    public double Median => Values.Count == 0 ? double.NaN : Values.Median();

    public bool IsMet => Values.Count > 0 && Target.IsMetBy(Median);
}
