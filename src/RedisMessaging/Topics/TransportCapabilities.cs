namespace RedisMessaging;

/// <summary>What a topic's transport promises. Start-up validation, the contract tests and the documentation read it.</summary>
/// <remarks>Nothing downgrades in silence: asking a transport for what it declares impossible fails at start-up.</remarks>
public sealed record TransportCapabilities
{
    /// <summary>Messages are kept in Redis without a subscriber, and survive the crash of a consumer.</summary>
    public required bool Durable { get; init; }

    /// <summary>Every subscriber (Pub/Sub) or every consumer group (stream) gets every message.</summary>
    public required bool FanOut { get; init; }

    /// <summary>Consumers of one group share the messages: each goes to one of them.</summary>
    public required bool CompetingConsumers { get; init; }

    /// <summary>Several groups on one topic are independent of each other.</summary>
    public required bool Groups { get; init; }

    /// <summary><c>Broadcast</c> is possible: every process gets every message.</summary>
    public required bool Broadcast { get; init; }

    /// <summary>Messages are acked; what is not acked is delivered again (at least once).</summary>
    public required bool Acks { get; init; }

    /// <summary>
    /// A message whose handler failed is delivered again: through Redis where <see cref="Scheduling"/> is true, else in process.
    /// </summary>
    public required bool Retries { get; init; }

    /// <summary>Messages that can't be handled are dead-lettered in Redis with the reason.</summary>
    public required bool DeadLetters { get; init; }

    /// <summary>
    /// A message can be published to be handled later (<see cref="PublishOptions.Delay"/>, <see cref="PublishOptions.NotBefore"/>).
    /// </summary>
    public required bool Scheduling { get; init; }

    /// <summary>
    /// A message with a <see cref="PublishOptions.MessageId"/> of the publisher's choice is stored once, however often it is published
    /// within the topic's window.
    /// </summary>
    public required bool Deduplication { get; init; }

    /// <summary>
    /// A message can be published on condition of the topic's version (<see cref="PublishOptions.ExpectedVersion"/>) and to a position
    /// (<see cref="PublishOptions.Position"/>).
    /// </summary>
    public required bool ExpectedVersions { get; init; }

    /// <summary>
    /// A topic may be a family (<c>news:*</c>, <c>notifications:{userId}</c>), and a subscription may name all of it: on Pub/Sub the server
    /// matches channels, elsewhere a registry in Redis tells which members there are.
    /// </summary>
    public required bool Patterns { get; init; }

    /// <summary>Handled messages stay readable until retention trims them; a new group can start at the beginning.</summary>
    public required bool History { get; init; }

    /// <summary>How long a message stays with a consumer that says nothing; <see langword="null"/> where there is no lease.</summary>
    public required TimeSpan? Lease { get; init; }
}
