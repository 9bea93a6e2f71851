namespace RedisMessaging.Topics;

/// <summary>A topic with the members that only some topics have.</summary>
/// <param name="topic">The topic itself.</param>
internal abstract class TopicView(ITopic topic) : ITopic
{
    public string Name => topic.Name;

    public TransportKind Transport => topic.Transport;

    public TransportCapabilities Capabilities => topic.Capabilities;

    public IDeadLetters DeadLetters => topic.DeadLetters;

    public IScheduledMessages Scheduled => topic.Scheduled;

    public ValueTask<bool> PauseAsync(string? group = null, CancellationToken cancellationToken = default) =>
        topic.PauseAsync(group, cancellationToken);

    public ValueTask<bool> ResumeAsync(string? group = null, CancellationToken cancellationToken = default) =>
        topic.ResumeAsync(group, cancellationToken);

    public ValueTask<IReadOnlyList<TopicPause>> GetPausedAsync(CancellationToken cancellationToken = default) =>
        topic.GetPausedAsync(cancellationToken);

    public IStreamTopic AsStream() => topic.AsStream();

    public IPubSubTopic AsPubSub() => topic.AsPubSub();

    public ITopicFamily AsFamily() => topic.AsFamily();
}
