using RedisMessaging.Configuration.Topics;
using RedisMessaging.Consuming.Pausing;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Topics.History;
using RedisMessaging.Topics.Scheduling;
using RedisMessaging.Topics.Trimming;

namespace RedisMessaging.Topics;

/// <summary>A topic as an operator sees it.</summary>
/// <param name="name">The topic's name, or a member's of a family.</param>
internal sealed class Topic(
    string name,
    TopicDefinition definition,
    DeadLetterStore? deadLetters,
    ScheduledMessageStore? scheduled,
    HistoryReader? history,
    IConsumerGroups? groups,
    ITrimming? trimming,
    ISubscriberSource? subscribers,
    PauseStore pauses) : ITopic
{
    public string Name => name;

    public TransportKind Transport => definition.Kind;

    public TransportCapabilities Capabilities => definition.Capabilities;

    public IDeadLetters DeadLetters => deadLetters
        ?? throw new RedisMessagingConfigurationException($"Topic '{Name}' is on {Transport}, which keeps no dead letters unless PubSubOptions.KeepDeadLetters is set: a message that can't be handled is dropped, counted and logged. Queue and Stream topics always keep them.");

    public IScheduledMessages Scheduled => scheduled
        ?? throw new RedisMessagingConfigurationException($"Topic '{Name}' is on {Transport}, which keeps no messages, so none is scheduled there. Queue and Stream topics can hold messages back.");

    public IConsumerGroups Groups => groups
        ?? throw new RedisMessagingConfigurationException($"Topic '{Name}' is on {Transport}, where a group is only a label. Stream topics have consumer groups.");

    public IAsyncEnumerable<string> ListMembersAsync(CancellationToken cancellationToken = default) =>
        throw new RedisMessagingConfigurationException($"Topic '{Name}' has no members. Families on Queue and Stream have members, such as \"logs:*\"; on Pub/Sub the server matches channels by itself.");

    public ValueTask<bool> PauseAsync(string? group = null, CancellationToken cancellationToken = default) => pauses.SetAsync(group, paused: true, cancellationToken);

    public ValueTask<bool> ResumeAsync(string? group = null, CancellationToken cancellationToken = default) => pauses.SetAsync(group, paused: false, cancellationToken);

    public ValueTask<IReadOnlyList<TopicPause>> GetPausedAsync(CancellationToken cancellationToken = default) => pauses.ListAsync(cancellationToken);

    private ISubscriberSource Subscribers => subscribers
        ?? throw new RedisMessagingConfigurationException($"Topic '{Name}' is on {Transport}, where messages wait for consumers and Redis knows no subscribers. Pub/Sub topics have subscribers; for a Stream topic, use Groups.");

    private HistoryReader History => history
        ?? throw new RedisMessagingConfigurationException($"Topic '{Name}' is on {Transport}, which keeps no history{(trimming is null ? "" : " with DeleteOnAck")}. Stream topics keep theirs until it is trimmed{(trimming is null ? "" : ": leave DeleteOnAck out")}.");

    private ITrimming Trimming => trimming
        ?? throw new RedisMessagingConfigurationException($"Topic '{Name}' is on {Transport}, which keeps no handled messages that could be trimmed or deleted. Stream topics can be trimmed.");

    public ValueTask<SubscriberCounts> CountSubscribersAsync(CancellationToken cancellationToken = default) => Subscribers.CountAsync(Name == definition.Name ? definition.Address : Name, cancellationToken);

    public IAsyncEnumerable<HistoryEntry<T>> ReadHistoryAsync<T>(HistoryPoint from = default, HistoryPoint to = default, HistoryOptions? options = null, CancellationToken cancellationToken = default) =>
        History.ReadAsync<T>(from, to, options, cancellationToken);

    public IAsyncEnumerable<HistoryEntry<T>> TailAsync<T>(HistoryPoint from = default, CancellationToken cancellationToken = default) => History.TailAsync<T>(from, cancellationToken);

    public ValueTask<HistorySummary> SummarizeHistoryAsync(CancellationToken cancellationToken = default) => History.SummarizeAsync(cancellationToken);

    public ValueTask<TrimResult> TrimAsync(Retention? retention = null, CancellationToken cancellationToken = default) => Trimming.TrimAsync(retention, cancellationToken);

    public ValueTask<bool> DeleteAsync(string position, bool force = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(position);
        return Trimming.DeleteAsync(position, force, cancellationToken);
    }
}
