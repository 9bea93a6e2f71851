using RedisMessaging.Configuration.Topics;
using RedisMessaging.Topics;

namespace RedisMessaging.Configuration.Handlers;

/// <summary>The options of the handlers of one consumer, brought together: where several set one, they have to agree.</summary>
/// <exception cref="RedisMessagingConfigurationException">They set an option to different values.</exception>
internal sealed class AgreedOptions(
    TopicDefinition topic,
    string defaultGroup,
    IReadOnlyDictionary<Type, HandlerDefinition> handlers,
    IReadOnlyList<ConsumerOptions> options)
{
    public TopicDefinition Topic => topic;

    public IReadOnlyDictionary<Type, HandlerDefinition> Handlers => handlers;

    public IReadOnlyList<ConsumerOptions> Options => options;

    public string Group { get; } = Agree(topic, "Group", options.Select(o => o.Group)) ?? defaultGroup;

    public int Concurrency { get; } = Agree(topic, nameof(Concurrency), options.Select(o => o.Concurrency)) ?? 1;

    /// <summary>As it was set.</summary>
    public int? PrefetchGiven { get; } = Agree(topic, nameof(Prefetch), options.Select(o => o.Prefetch));

    public long PrefetchBytes { get; } =
        Agree(topic, nameof(PrefetchBytes), options.Select(o => o.PrefetchBytes)) ?? ConsumerDefinition.DefaultPrefetchBytes;

    /// <summary>The largest batch of the handlers; 0 without batch handlers.</summary>
    public int BatchSize { get; } = handlers.Values.Max(handler => handler.Batch?.BatchSize) ?? 0;

    public string? BroadcastName { get; } = Agree(topic, nameof(BroadcastName), options.Select(o => o.BroadcastName));

    /// <summary>As it was set.</summary>
    public bool? BroadcastGiven { get; } = Agree(topic, nameof(Broadcast), options.Select(o => o.Broadcast));

    public bool Broadcast => BroadcastGiven ?? BroadcastName is not null;

    public StartPosition StartAt { get; } = Agree(
        topic,
        nameof(StartAt),
        options.Select(o => o.StartAt == StartPosition.Default ? (StartPosition?)null : o.StartAt)) ?? StartPosition.Default;

    public TimeSpan? InboxWindow { get; } = Agree(topic, nameof(InboxWindow), options.Select(o => o.InboxWindow));

    public KeyOrder KeyOrder { get; } = Agree(topic, nameof(KeyOrder), options.Select(o => o.KeyOrder)) ?? KeyOrder.None;

    public RateLimit? RateLimit { get; } = Agree(topic, nameof(RateLimit), options.Select(o => o.RateLimit));

    /// <summary>
    /// How many messages the consumer holds at least, where the pace of its handlers determines the number. Not fewer than the usual
    /// number: messages that wait for their key take places, and so do those of a dead consumer, beside which there has to be room for new
    /// ones.
    /// </summary>
    /// <remarks>
    /// A reader may hold many before it settles one, a batch waits for messages, and Pub/Sub has no other consumer to leave messages to.
    /// </remarks>
    public int? LeastPrefetch => PrefetchGiven is null && topic.Capabilities.Durable && handlers.Count > 0 && BatchSize == 0
        ? Math.Clamp(2 * Concurrency, ConsumerDefinition.DefaultPrefetch, ConsumerDefinition.MaxPrefetch)
        : null;

    /// <summary>Without a value of its own enough that the next batches are fetched while these are handled.</summary>
    public int Prefetch => PrefetchGiven
        ?? LeastPrefetch
        ?? Math.Min(
            ConsumerDefinition.MaxPrefetch,
            Math.Max(ConsumerDefinition.DefaultPrefetch, Math.Max(Concurrency, 2 * Concurrency * BatchSize)));

    private static T? Agree<T>(TopicDefinition topic, string option, IEnumerable<T?> values)
        where T : class
    {
        var given = values.Where(value => value is not null).Distinct().ToList();
        return given.Count <= 1 ? given.FirstOrDefault() : throw Disagree(topic, option, given);
    }

    private static T? Agree<T>(TopicDefinition topic, string option, IEnumerable<T?> values)
        where T : struct
    {
        var given = values.Where(value => value is not null).Distinct().ToList();
        return given.Count <= 1 ? given.FirstOrDefault() : throw Disagree(topic, option, given);
    }

    private static RedisMessagingConfigurationException Disagree<T>(TopicDefinition topic, string option, IEnumerable<T> given) =>
        new($"Topic '{topic.Name}': handlers of one group form one consumer, but they set {option} to {string.Join(" and ", given)}. Set "
            + "it once, or give them different groups.");
}
