namespace RedisMessaging.Load.Growth;

/// <summary>What one thing's growth did to the cost of a message.</summary>
/// <param name="Name">By which it is chosen.</param>
/// <param name="Title">In words.</param>
/// <param name="Axis">What grows.</param>
internal sealed record GrowthResult(string Name, string Title, string Axis, IReadOnlyList<GrowthPoint> Points)
{
    /// <summary>Why there are fewer points than sizes.</summary>
    public string? Error { get; init; }
}
