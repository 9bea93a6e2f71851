using RedisMessaging.Redis.StreamReading;

namespace RedisMessaging.Transports.Streams;

/// <summary>An entry as Redis returned it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Receipt">The same as text.</param>
internal readonly record struct StreamRecord(StreamId Id, string Receipt)
{
    public ReadOnlyMemory<byte> Frame { get; init; }

    /// <summary>Retry stream: the starts it was moved with.</summary>
    public int Starts { get; init; }

    /// <summary>Retry stream: the last of these starts was never settled.</summary>
    public bool IsSuspect { get; init; }

    /// <summary>The id it was published with, which in the retry stream is not its own.</summary>
    public string? Position { get; init; }

    /// <summary>Retry stream: somebody who had it gave it back without a verdict. It goes before what the topic's stream brings.</summary>
    public bool IsReleased { get; init; }

    /// <summary>It was handed out before, to this consumer or another one.</summary>
    public bool IsRedelivered { get; init; }

    /// <summary>It is still pending, but trimmed or deleted from the stream: there is nothing left to hand out.</summary>
    public bool IsTrimmed { get; init; }
}
