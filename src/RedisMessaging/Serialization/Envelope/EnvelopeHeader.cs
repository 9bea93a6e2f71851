using System.Text;

namespace RedisMessaging.Serialization.Envelope;

/// <summary>What stands in front of a body.</summary>
internal readonly record struct EnvelopeHeader
{
    private readonly string? _messageId;

    public required string MessageId { get => _messageId ?? Encoding.ASCII.GetString(UnreadId.Span); init => _messageId = value; }

    /// <summary>
    /// The id where it stands in the frame, plain ASCII; empty when it was read. Most handlers never ask for it, and a string of it takes
    /// more than the rest of a header.
    /// </summary>
    public ReadOnlyMemory<byte> UnreadId { get; init; }

    public required string Type { get; init; }

    public long PublishedAtMs { get; init; }

    public string? Source { get; init; }

    public string? Key { get; init; }

    public string? CorrelationId { get; init; }

    /// <summary>From when on it is not delivered, in ms since 1970; <see langword="null"/> when that never comes.</summary>
    public long? ExpiresAtMs { get; init; }

    public DateTimeOffset? ExpiresAt => ExpiresAtMs is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : null;

    /// <summary>The dead letter it was put back from.</summary>
    public string? RedrivenFrom { get; init; }

    /// <summary>Of a request: the key of the stream that its reply goes to.</summary>
    public string? ReplyTo { get; init; }

    /// <summary>Of a reply: the request's id.</summary>
    public string? InReplyTo { get; init; }

    /// <summary>Of a reply that tells of a failure: the exception's type; the body is its text.</summary>
    public string? ErrorType { get; init; }

    public IReadOnlyDictionary<string, string>? Headers { get; init; }
}
