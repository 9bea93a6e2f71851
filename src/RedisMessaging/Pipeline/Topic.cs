using RedisMessaging.Configuration;

namespace RedisMessaging.Pipeline;

/// <summary>A topic as an operator sees it.</summary>
/// <param name="name">The topic's name, or a member's of a family.</param>
internal sealed class Topic(string name, TopicDefinition definition, DeadLetterStore? deadLetters, ScheduledMessageStore? scheduled, HistoryReader? history, IConsumerGroups? groups) : ITopic
{
    public string Name => name;

    public TransportKind Transport => definition.Kind;

    public TransportCapabilities Capabilities => definition.Capabilities;

    public IDeadLetters DeadLetters => deadLetters
        ?? throw new RedisMessagingConfigurationException($"Topic '{Name}' is on {Transport}, which keeps no dead letters unless PubSubOptions.KeepDeadLetters is set: a message that can't be handled is dropped, counted and logged. Queue and Stream topics always keep them.");

    public IScheduledMessages Scheduled => scheduled
        ?? throw new RedisMessagingConfigurationException($"Topic '{Name}' is on {Transport}, which keeps nothing, so no message waits there to be due. Queue and Stream topics can hold messages back.");

    public IConsumerGroups Groups => groups
        ?? throw new RedisMessagingConfigurationException($"Topic '{Name}' is on {Transport}, where a group is a label and nothing in Redis. Stream topics have consumer groups.");

    public IAsyncEnumerable<string> ListMembersAsync(CancellationToken cancellationToken = default) =>
        throw new RedisMessagingConfigurationException($"Topic '{Name}' has no members. Families on Queue and Stream have, such as \"logs:*\"; on Pub/Sub the server matches channels by itself.");

    private HistoryReader History => history
        ?? throw new RedisMessagingConfigurationException($"Topic '{Name}' is on {Transport}, which keeps no history. Stream topics keep theirs until it is trimmed.");

    public IAsyncEnumerable<HistoryEntry<T>> ReadHistoryAsync<T>(HistoryPoint from = default, HistoryPoint to = default, HistoryOptions? options = null, CancellationToken cancellationToken = default) =>
        History.ReadAsync<T>(from, to, options, cancellationToken);

    public IAsyncEnumerable<HistoryEntry<T>> TailAsync<T>(HistoryPoint from = default, CancellationToken cancellationToken = default) => History.TailAsync<T>(from, cancellationToken);

    public ValueTask<HistorySummary> SummarizeHistoryAsync(CancellationToken cancellationToken = default) => History.SummarizeAsync(cancellationToken);
}
