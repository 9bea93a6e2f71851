namespace RedisMessaging;

/// <summary>A consumer group of a stream at this moment.</summary>
public sealed record ConsumerGroupInfo
{
    /// <summary>The group's name.</summary>
    public required string Name { get; init; }

    /// <summary>Its consumers, those of processes that are gone and not yet cleared away included.</summary>
    public required int Consumers { get; init; }

    /// <summary>How many messages are fetched and not acked.</summary>
    public required long Pending { get; init; }

    /// <summary>
    /// How many messages no consumer of the group has fetched yet; <see langword="null"/> where Redis can't tell, because entries were
    /// deleted out of order.
    /// </summary>
    public required long? Lag { get; init; }

    /// <summary>How many messages wait to be handled again: those that are due, and those that wait for another attempt.</summary>
    public required long Retrying { get; init; }

    /// <summary>The position of the last message that was fetched; <c>0-0</c> when none was.</summary>
    public required string LastDelivered { get; init; }

    /// <summary>It belongs to one process alone, and goes with it (<see cref="ConsumerOptions.Broadcast"/>).</summary>
    public required bool IsBroadcast { get; init; }
}
