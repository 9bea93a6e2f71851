using RedisMessaging.Load.Targets;

namespace RedisMessaging.Load.Results;

/// <summary>A run of the targets, as it is kept.</summary>
/// <param name="Machine">What it ran on.</param>
/// <param name="Rounds">How many rounds counted.</param>
/// <param name="Results">A row for each target.</param>
internal sealed record TargetReport(Machine Machine, int Rounds, IReadOnlyList<TargetResult> Results)
{
    /// <summary>With these rows in the place of those of the same targets.</summary>
    public TargetReport With(IReadOnlyList<TargetResult> newer)
    {
        var named = newer.ToDictionary(result => result.Target.Name);
        var all = Results.Select(result => named.Remove(result.Target.Name, out var again) ? again : result).ToList();
        all.AddRange(named.Values);
        return this with { Results = all };
    }
}
