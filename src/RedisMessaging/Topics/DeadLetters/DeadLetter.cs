namespace RedisMessaging;

/// <summary>A message that was dead-lettered.</summary>
public sealed record DeadLetter
{
    /// <summary>Its id among the dead letters (<c>1763712000123-0</c>).</summary>
    public required string Id { get; init; }

    /// <summary>
    /// Why: <c>max-attempts</c>, <c>not-retryable</c>, <c>undecodable</c>, <c>unknown-type</c>, <c>foreign</c>, <c>newer-envelope</c>,
    /// <c>expired</c>, <c>trimmed</c> (stream: it was trimmed or deleted while it was pending, and nothing but <see cref="Position"/> is
    /// left of it), or a handler's or reader's own words, 8 KiB of them at most.
    /// </summary>
    public required string Reason { get; init; }

    /// <summary>
    /// What exactly went wrong: the exception's type and text, 8 KiB of them at most, with how long it was; empty when nothing is known.
    /// </summary>
    public required string Detail { get; init; }

    /// <summary>The group that could not handle it.</summary>
    public required string Group { get; init; }

    /// <summary>How often that group's handlers were started with it.</summary>
    public required int Attempts { get; init; }

    /// <summary>When it was dead-lettered, by the server's clock.</summary>
    public required DateTimeOffset DeadSince { get; init; }

    /// <summary>Stream: its position when it was published; <see langword="null"/> elsewhere.</summary>
    public string? Position { get; init; }

    /// <summary>The message's id; <see langword="null"/> when it has no readable envelope.</summary>
    public string? MessageId { get; init; }

    /// <summary>Its type's name on the wire; <see langword="null"/> when it has no readable envelope.</summary>
    public string? Type { get; init; }

    /// <summary>Its headers; empty when there are none, or no readable envelope.</summary>
    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    /// <summary>
    /// The body as the publisher's serializer wrote it; all of the message when it has no readable envelope; empty when it was
    /// <c>trimmed</c>.
    /// </summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The message as it was published, envelope included.</summary>
    internal ReadOnlyMemory<byte> Frame { get; init; }
}
