namespace RedisMessaging;

/// <summary>What became of a published message.</summary>
/// <param name="MessageId">The message's id. With <see cref="MessageFormat.Raw"/> only for publishing once and for what is scheduled:
/// handlers see another one (<see cref="MessageContext.MessageId"/>).</param>
/// <param name="Receivers">
/// Pub/Sub: the deliveries the server counted (a client counts once for its literal channel and once for each matching pattern).
/// <see langword="null"/> on queue and stream, and in a cluster, where the number means nothing, unless the topic is
/// <see cref="PubSubOptions.Sharded"/>: then it counts those on the primary of the channel's slot, which are all of this library, and all
/// others that did not choose a replica.
/// </param>
/// <param name="Position">
/// Stream: the entry's id (<c>1763712000123-0</c>). <see langword="null"/> elsewhere, for a message that is not due yet, for a duplicate,
/// and where an attempt whose answer was lost stored it in front of so many others that it was not found again.
/// </param>
/// <param name="Duplicate">
/// A message with this id was stored within the topic's <see cref="TopicOptions.DeduplicationWindow"/>, so this one was not: only with a
/// <see cref="PublishOptions.MessageId"/>. Where the answer to an attempt was lost and the next one met its id, the id's entry tells
/// whether that was this publish's own (then <see langword="false"/>) or another's, by one number of 2,048: another's is taken for its own
/// once in so many. Either way exactly one is stored.
/// </param>
public readonly record struct PublishResult(string MessageId, long? Receivers = null, string? Position = null, bool Duplicate = false)
{
    /// <summary>
    /// Stream: how many messages it had ever been given with this one, the next <see cref="PublishOptions.ExpectedVersion"/>. Known of a
    /// message with an expected version or a position; <see langword="null"/> for any other, where it would cost every publish a look, and
    /// for a duplicate.
    /// </summary>
    public long? Version { get; init; }
}
