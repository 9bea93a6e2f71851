namespace RedisMessaging;

/// <summary>A message that is not due yet.</summary>
public sealed record ScheduledMessage
{
    /// <summary>The message's id.</summary>
    public required string MessageId { get; init; }

    /// <summary>When it is given to consumers, by the server's clock, to the millisecond.</summary>
    public required DateTimeOffset DueAt { get; init; }

    /// <summary>
    /// When it was published, by the publisher's clock, to the millisecond; 1970 with <see cref="MessageFormat.Raw"/>, which does not say.
    /// </summary>
    public DateTimeOffset PublishedAt { get; init; }

    /// <summary>
    /// From when on no handler gets it any more (<see cref="PublishOptions.TimeToLive"/>); <see langword="null"/> when it does not expire.
    /// </summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Its type's name on the wire; <see langword="null"/> when it has no readable envelope.</summary>
    public string? Type { get; init; }

    /// <summary>The publisher's key, if any.</summary>
    public string? Key { get; init; }

    /// <summary>The publisher's correlation id, if any.</summary>
    public string? CorrelationId { get; init; }

    /// <summary>The publisher's headers; empty when there are none.</summary>
    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    /// <summary>The body as the publisher's serializer wrote it.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }
}
