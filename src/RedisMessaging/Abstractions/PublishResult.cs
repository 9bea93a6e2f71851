namespace RedisMessaging;

/// <summary>What became of a published message.</summary>
/// <param name="MessageId">The message's id.</param>
/// <param name="Receivers">
/// Pub/Sub: the deliveries the server counted (a client counts once for its literal channel and once for each matching pattern).
/// <see langword="null"/> on queue and stream, and in a cluster, where the number means nothing.
/// </param>
/// <param name="Position">Stream: the entry's id (<c>1763712000123-0</c>). <see langword="null"/> elsewhere, for a message that is not due yet, and for a duplicate.</param>
/// <param name="Duplicate">
/// A message with this id was stored within the topic's <see cref="TopicOptions.DeduplicationWindow"/>, so this one was not: only with a <see cref="PublishOptions.MessageId"/>.
/// </param>
public readonly record struct PublishResult(string MessageId, long? Receivers = null, string? Position = null, bool Duplicate = false);
