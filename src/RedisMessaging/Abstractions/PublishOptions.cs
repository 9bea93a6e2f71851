namespace RedisMessaging;

/// <summary>What a publisher may say of a message beside its body. All transports carry all of it.</summary>
public sealed record PublishOptions
{
    /// <summary>The message's id. Default: a new UUID version 7. Handlers get it on every delivery.</summary>
    public string? MessageId { get; init; }

    /// <summary>A key of the publisher's choice (a customer's number), handed to handlers as <see cref="MessageContext.Key"/>. Default: none.</summary>
    public string? Key { get; init; }

    /// <summary>Headers handed to handlers. Names and values may hold any text, non-ASCII included. Default: none.</summary>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }

    /// <summary>An id that ties messages together, handed to handlers. Default: none.</summary>
    public string? CorrelationId { get; init; }
}
