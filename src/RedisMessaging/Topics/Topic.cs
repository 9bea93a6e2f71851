using RedisMessaging.Configuration.Topics;

namespace RedisMessaging.Topics;

/// <summary>A topic for operators.</summary>
/// <param name="name">The topic's name, or a member's of a family.</param>
/// <param name="definition">The topic, or the family.</param>
/// <param name="parts">What its transport keeps.</param>
internal sealed class Topic(string name, TopicDefinition definition, TopicParts parts) : ITopic
{
    public string Name => name;

    public TransportKind Transport => definition.Kind;

    public TransportCapabilities Capabilities => definition.Capabilities;

    public IDeadLetters DeadLetters => parts.DeadLetters ?? throw NotSupported(
        "which keeps no dead letters unless PubSubOptions.KeepDeadLetters is set: a message that can't be handled is dropped, counted and logged. "
        + "Queue and Stream topics always keep them.");

    public IScheduledMessages Scheduled => parts.Scheduled ?? throw NotSupported(
        "which keeps no messages, so none is scheduled there. Queue and Stream topics can schedule messages.");

    public ValueTask<bool> PauseAsync(string? group = null, CancellationToken cancellationToken = default) =>
        parts.Pauses.SetAsync(group, paused: true, cancellationToken);

    public ValueTask<bool> ResumeAsync(string? group = null, CancellationToken cancellationToken = default) =>
        parts.Pauses.SetAsync(group, paused: false, cancellationToken);

    public ValueTask<IReadOnlyList<TopicPause>> GetPausedAsync(CancellationToken cancellationToken = default) =>
        parts.Pauses.ListAsync(cancellationToken);

    public IStreamTopic AsStream() => parts is { Groups: { } groups, Trimming: { } trimming }
        ? new StreamTopic(this, groups, trimming, parts.History)
        : throw NotSupported(
            "which has no consumer groups in Redis, no history and nothing to trim. Stream topics have all three: set the topic's Transport to Stream.");

    public IPubSubTopic AsPubSub() => parts.Subscribers is { } subscribers
        ? new PubSubTopic(this, subscribers, Name == definition.Name ? definition.Address : Name)
        : throw NotSupported(
            "where messages wait for consumers and Redis knows no subscribers. Pub/Sub topics have subscribers; for a Stream topic, use AsStream().Groups.");

    public ITopicFamily AsFamily() => throw new NotSupportedException(
        $"Topic '{Name}' has no members. Families on Queue and Stream have members, such as \"logs:*\"; on Pub/Sub the server matches channels itself.");

    private NotSupportedException NotSupported(string reason) => new($"Topic '{Name}' is on {Transport}, {reason}");
}
