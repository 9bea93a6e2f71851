namespace RedisMessaging.Load.Growth;

/// <summary>What may grow.</summary>
internal static class AllGrowth
{
    private static readonly IReadOnlyList<GrowthSeries> Series =
    [
        new BacklogSeries(),
        new TopicsSeries(),
        new PublishedTopicsSeries(),
        new ConsumersSeries(),
        new HandlersSeries(),
        new PendingSeries(),
        new SubscribersSeries(),
        new PatternsSeries(),
    ];

    public static IReadOnlyList<GrowthSeries> Named(IReadOnlyCollection<string> names)
    {
        var unknown = names.FirstOrDefault(name => !Series.Any(series => series.Name == name));
        return unknown is not null
            ? throw new ArgumentException($"'{unknown}' is not measured. There are: {string.Join(", ", Series.Select(series => series.Name))}.")
            : [.. Series.Where(series => names.Count == 0 || names.Contains(series.Name))];
    }
}
