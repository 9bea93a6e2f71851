using StackExchange.Redis;

namespace RedisMessaging.Transports.Contracts;

/// <summary>One message handed out by a receiver.</summary>
internal readonly record struct Delivery
{
    public required ReadOnlyMemory<byte> Frame { get; init; }

    /// <summary>What the receiver needs to settle it: a stream id, a claim number.</summary>
    public required RedisValue Receipt { get; init; }

    /// <summary>Which of the receiver's sources it came from; only the receiver reads it.</summary>
    public byte Source { get; init; }

    /// <summary>The concrete channel or topic, without the key prefix.</summary>
    public required string Channel { get; init; }

    /// <summary>Handler starts recorded before this delivery.</summary>
    public int Starts { get; init; }

    /// <summary>It came back without a verdict: its process died or lost the lease, maybe because of this message. Its start is recorded first.</summary>
    public bool Redelivered { get; init; }

    /// <summary>A start of it is on record that was never settled, so it may be what ended its process. Such messages are handled one after another.</summary>
    public bool IsSuspect { get; init; }

    /// <summary>The position in the stream it was published at, if any.</summary>
    public string? Position { get; init; }

    /// <summary>An id for a message that brings none, where it has neither a position nor equals that are the same message: the same for every attempt at it.</summary>
    public string? MadeUpId { get; init; }
}
