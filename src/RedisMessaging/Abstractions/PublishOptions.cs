namespace RedisMessaging;

/// <summary>What a publisher may say of a message beside its body. All transports carry all of it.</summary>
public sealed record PublishOptions
{
    /// <summary>The message's id: 1 to 256 characters, no control characters. Default: a new UUID version 7. Handlers get it on every delivery.</summary>
    public string? MessageId { get; init; }

    /// <summary>A key of the publisher's choice (a customer's number), handed to handlers as <see cref="MessageContext.Key"/>: 256 characters at most, no control characters. Default: none.</summary>
    public string? Key { get; init; }

    /// <summary>Headers handed to handlers. 64 at most, 8 KiB of UTF-8 in all; any text, non-ASCII included, but no control characters in names. Default: none.</summary>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }

    /// <summary>An id that ties messages together, handed to handlers: 256 characters at most, no control characters. Default: none.</summary>
    public string? CorrelationId { get; init; }
}
