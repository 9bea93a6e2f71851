using RedisMessaging.Load.Growth;

namespace RedisMessaging.Load.Results;

/// <summary>A run of the growth, as it is kept.</summary>
internal sealed record GrowthReport(Machine Machine, int Rounds, IReadOnlyList<GrowthResult> Results)
{
    /// <summary>With these in the place of those of the same name.</summary>
    public GrowthReport With(IReadOnlyList<GrowthResult> newer)
    {
        var named = newer.ToDictionary(result => result.Name);
        var all = Results.Select(result => named.Remove(result.Name, out var again) ? again : result).ToList();
        all.AddRange(named.Values);
        return this with { Results = all };
    }
}
