namespace RedisMessaging;

/// <summary>What a publisher may say of a message beside its body.</summary>
public sealed record PublishOptions
{
    /// <summary>
    /// The message's id: 1 to 256 characters, no control characters. Default: a new UUID version 7. Handlers get it on every delivery. On
    /// queue and stream an id that is given here makes publishing idempotent: within the topic's
    /// <see cref="TopicOptions.DeduplicationWindow"/> a second message with it is not stored (<see cref="PublishResult.Duplicate"/>), and a
    /// publish whose outcome is not known is tried again by itself (<see cref="RedisMessagingOptions.PublishTimeout"/>). Pub/Sub carries
    /// the id and remembers none.
    /// </summary>
    public string? MessageId { get; init; }

    /// <summary>
    /// A key of the publisher's choice (a customer's number), handed to handlers as <see cref="MessageContext.Key"/>, which may handle
    /// messages of one key one after another (<see cref="ConsumerOptions.KeyOrder"/>): 256 characters at most, no control characters.
    /// Default: none.
    /// </summary>
    public string? Key { get; init; }

    /// <summary>
    /// Headers handed to handlers. 64 at most, 8 KiB of UTF-8 in all; any text, non-ASCII included, but no control characters in names.
    /// Default: none.
    /// </summary>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }

    /// <summary>
    /// An id that ties messages together, handed to handlers: 256 characters at most, no control characters. Default: none.
    /// </summary>
    public string? CorrelationId { get; init; }

    /// <summary>
    /// How long to keep the message back: it is stored in Redis at once (<c>ZADD</c>) and given to consumers when it is due, by the
    /// server's clock. Default: none. Queue and stream; Pub/Sub, which keeps nothing, refuses it. Not together with
    /// <see cref="NotBefore"/>.
    /// </summary>
    public TimeSpan? Delay { get; init; }

    /// <summary>
    /// Until when to keep the message back, as <see cref="Delay"/> does; an instant of the past means at once. Default: none.
    /// </summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>
    /// How long the message is of use, counted from when it is published or, with <see cref="Delay"/> or <see cref="NotBefore"/>, from when
    /// it is due. Default: for ever. Past that no handler and no reader is given it, on a first attempt or a later one: it is kept aside as
    /// a dead letter or dropped, as <see cref="TopicOptions.OnExpired"/> says, and on Pub/Sub dropped. More than zero, ten years at most.
    /// The publisher's clock sets the end and the consumer's clock is compared with it, so they have to agree.
    /// </summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>
    /// The version the stream must have for the message to be appended: how many messages it has ever been given, whether they are still
    /// there or not. 0: none ever. Compared and appended in one step; another version is a <see cref="VersionConflictException"/>. Default:
    /// <see langword="null"/>, any. Streams only, refused elsewhere; not with <see cref="Delay"/> or <see cref="NotBefore"/>.
    /// </summary>
    /// <remarks>
    /// The version is what Redis calls <c>entries-added</c> (<c>XINFO STREAM</c>): trimming and deleting do not change it.
    /// <see cref="IStreamTopic.SummarizeHistoryAsync"/> reads it, <see cref="PublishResult.Version"/> is the one that the message made. The
    /// message's id is remembered as one that the publisher gives, for <see cref="TopicOptions.DeduplicationWindow"/>, so that a publish
    /// whose answer was lost is tried again and does not conflict with itself; without a window it is a
    /// <see cref="PublishOutcomeUnknownException"/>.
    /// </remarks>
    public long? ExpectedVersion { get; init; }

    /// <summary>
    /// The position the message gets on the stream: <c>1763712000123-0</c>, or the part before the dash alone for <c>-0</c>. It has to be
    /// above the last one that the stream has given, and above <c>0-0</c>; one that is not is refused, and the text names both. Default:
    /// <see langword="null"/>, Redis makes one from its clock (<c>XADD … *</c>). For histories that are copied from elsewhere. Streams
    /// only, refused elsewhere; not with <see cref="Delay"/> or <see cref="NotBefore"/>. As with <see cref="ExpectedVersion"/> the
    /// message's id is remembered.
    /// </summary>
    public string? Position { get; init; }
}
