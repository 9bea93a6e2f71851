namespace RedisMessaging.FaultTests;

/// <summary>What a topic's keys hold.</summary>
internal sealed record RedisContents
{
    /// <summary>Messages nobody has taken yet.</summary>
    public required IReadOnlyList<MessageKey> Waiting { get; init; }

    /// <summary>How many messages wait, foreign ones included.</summary>
    public required long WaitingCount { get; init; }

    public required IReadOnlyList<MessageKey> DeadLetters { get; init; }

    public required long DeadLetterCount { get; init; }

    /// <summary>What consumers hold, and what waits for its time: claims, arrivals, pending entries, retry streams, recorded starts, schedules; by key.</summary>
    public required IReadOnlyDictionary<string, long> Held { get; init; }

    /// <summary>Consumers that are registered; by key.</summary>
    public required IReadOnlyDictionary<string, long> Registered { get; init; }

    public bool IsDrained => WaitingCount == 0 && Held.Count == 0;
}
