using RedisMessaging.Topics;

namespace RedisMessaging;

/// <summary>
/// A time in which a Pub/Sub subscription may have missed messages. A program that keeps state from them can load it again then.
/// </summary>
public sealed record SubscriptionGap
{
    /// <summary>The topic or pattern subscribed to.</summary>
    public required string Topic { get; init; }

    /// <summary>The subscription's group.</summary>
    public required string Group { get; init; }

    /// <summary>Why messages may have been missed.</summary>
    public required SubscriptionGapReason Reason { get; init; }

    /// <summary>
    /// When it began, by this process' clock: what was published before arrived. When the loss of the connection was not noticed at once,
    /// this is when the subscription was last known to be live, which is early rather than late.
    /// </summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>When it ended, by this process' clock: what is published from then on arrives.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>
    /// How many messages were missed, where that is known: those a full buffer held. <see langword="null"/> after a lost connection: Redis
    /// does not tell.
    /// </summary>
    public long? Missed { get; init; }
}
