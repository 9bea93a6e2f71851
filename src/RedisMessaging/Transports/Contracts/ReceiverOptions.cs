using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Topics.DeadLetters;

namespace RedisMessaging.Transports.Contracts;

/// <summary>What a receiver is opened with.</summary>
internal sealed record ReceiverOptions
{
    /// <summary>The topic's name, a glob pattern, or a concrete channel of a pattern topic; without the key prefix.</summary>
    public required string Address { get; init; }

    public required string Group { get; init; }

    /// <summary>The other groups that this process starts on the topic: what is to stay until each of them has it waits for them.</summary>
    public IReadOnlyList<string> Siblings { get; init; } = [];

    /// <summary>What each of its handlers is known by from start to start; empty for readers and for <see cref="Broadcast"/>.</summary>
    public IReadOnlyList<string> Handlers { get; init; } = [];

    /// <summary>Unique for each process start and subscription, so that what a dead one held can be told from what a live one holds.</summary>
    public required string Consumer { get; init; }

    public required int Prefetch { get; init; }

    /// <summary>How many bytes the consumer holds at the most, save for a single message that is larger.</summary>
    public long PrefetchBytes { get; init; } = ConsumerDefinition.DefaultPrefetchBytes;

    public bool Broadcast { get; init; }

    /// <summary>The name under which the process remembers its place in the broadcast; it remembers none without one.</summary>
    public string? BroadcastName { get; init; }

    /// <summary>To be called where messages may have been missed, which is on Pub/Sub alone.</summary>
    public Action<SubscriptionGap>? OnGap { get; init; }

    /// <summary>To be called for each dead letter that the transport writes by itself; <see langword="null"/> where no observer is registered.</summary>
    public Action<TransportDeadLetter>? OnDeadLetter { get; init; }

    public StartPosition StartAt { get; init; }

    /// <summary>For how long the ids that acks carry (<see cref="Settlement.HandledId"/>) are remembered for the group; they carry none without it.</summary>
    public TimeSpan? InboxWindow { get; init; }
}
