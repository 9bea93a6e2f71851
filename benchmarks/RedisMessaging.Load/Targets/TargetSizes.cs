namespace RedisMessaging.Load.Targets;

/// <summary>How much is measured.</summary>
/// <param name="Rounds">How many rounds count; a round before them warms up.</param>
internal sealed record TargetSizes(int Rounds)
{
    public required TimeSpan PublishTime { get; init; }

    public required int DrainMessages { get; init; }

    /// <summary>Draining takes the longest: its rounds may be fewer.</summary>
    public required int DrainRounds { get; init; }

    public required int EndToEndMessages { get; init; }

    public required TimeSpan LatencyTime { get; init; }

    public required int LargeMessages { get; init; }

    /// <summary>Whether redis-benchmark is run, too.</summary>
    public bool Limits { get; init; } = true;

    /// <summary>Whether to find the best hand-written drain first; else one that is good everywhere is taken.</summary>
    public bool TriesDrains { get; init; } = true;

    /// <summary>No more rounds than these.</summary>
    public TargetSizes AtMost(int rounds) => this with { Rounds = Math.Min(Rounds, rounds), DrainRounds = Math.Min(DrainRounds, rounds) };

    /// <summary>The same with more rounds, for figures that others are held against.</summary>
    public TargetSizes Surer => this with { Rounds = 11, DrainRounds = 11 };

    /// <summary>What the targets are stated for.</summary>
    public static TargetSizes Full { get; } = new(7)
    {
        PublishTime = TimeSpan.FromSeconds(0.8),
        DrainMessages = 1_000_000,
        DrainRounds = 5,
        EndToEndMessages = 300_000,
        LatencyTime = TimeSpan.FromSeconds(3),
        LargeMessages = 50_000,
    };

    /// <summary>What fits into three minutes.</summary>
    public static TargetSizes Quick { get; } = new(7)
    {
        PublishTime = TimeSpan.FromSeconds(0.4),
        DrainMessages = 200_000,
        DrainRounds = 7,
        EndToEndMessages = 100_000,
        LatencyTime = TimeSpan.FromSeconds(1.5),
        LargeMessages = 20_000,
        Limits = false,
        TriesDrains = false,
    };
}
