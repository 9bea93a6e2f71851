namespace RedisMessaging.Configuration;

/// <summary>The handlers of one group on one topic: one receiver, one pump, handlers chosen by message type.</summary>
internal sealed record ConsumerDefinition
{
    public const int DefaultPrefetch = 100;
    public const int MaxPrefetch = 10_000;

    private static readonly TimeSpan LongestInboxWindow = TimeSpan.FromDays(30);

    /// <summary>A group of this name is destroyed when its consumers idle for long.</summary>
    private const string ReservedGroupStart = "broadcast:";

    public required TopicDefinition Topic { get; init; }

    /// <summary>The topic's name, or a concrete channel of a pattern topic.</summary>
    public required string Address { get; init; }

    public required string Group { get; init; }

    public required int Concurrency { get; init; }

    public required int Prefetch { get; init; }

    public required bool Broadcast { get; init; }

    public required StartPosition StartAt { get; init; }

    /// <summary>For how long ids of acked messages are remembered; none are without it.</summary>
    public TimeSpan? InboxWindow { get; init; }

    public Action<SubscriptionGap>? OnGap { get; init; }

    /// <summary>By message type; empty for a reader.</summary>
    public required IReadOnlyDictionary<Type, HandlerDefinition> Handlers { get; init; }

    /// <summary>The message types it consumes; the topic's other types it acks.</summary>
    public required IReadOnlySet<Type> Types { get; init; }

    /// <summary>Checks the options against each other and against what the transport can do.</summary>
    public static ConsumerDefinition Create(TopicDefinition topic, string address, string defaultGroup, IReadOnlyDictionary<Type, HandlerDefinition> handlers, IReadOnlySet<Type> types, params IReadOnlyList<ConsumerOptions> options)
    {
        var group = Agree(topic, "Group", options.Select(o => o.Group)) ?? defaultGroup;
        var concurrency = Agree(topic, nameof(Concurrency), options.Select(o => o.Concurrency)) ?? 1;
        var prefetch = Agree(topic, nameof(Prefetch), options.Select(o => o.Prefetch)) ?? Math.Max(DefaultPrefetch, concurrency);
        var broadcast = Agree(topic, nameof(Broadcast), options.Select(o => o.Broadcast)) ?? false;
        var startAt = Agree(topic, nameof(StartAt), options.Select(o => o.StartAt == StartPosition.Default ? (StartPosition?)null : o.StartAt)) ?? StartPosition.Default;
        var inboxWindow = Agree(topic, nameof(InboxWindow), options.Select(o => o.InboxWindow));

        if (string.IsNullOrWhiteSpace(group) || group.Length > 200 || group.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c is '{' or '}'))
        {
            throw new RedisMessagingConfigurationException($"Topic '{topic.Name}': the group '{group}' is not allowed; use 1 to 200 characters without blanks, braces and control characters.");
        }

        if (group.StartsWith(ReservedGroupStart, StringComparison.Ordinal))
        {
            throw new RedisMessagingConfigurationException($"Topic '{topic.Name}': the group '{group}' starts with '{ReservedGroupStart}', which marks the groups that Broadcast makes for each process. Use another name.");
        }

        if (concurrency is < 1 or > MaxPrefetch)
        {
            throw new RedisMessagingConfigurationException($"Topic '{topic.Name}', group '{group}': Concurrency is {concurrency}; it must be between 1 and {MaxPrefetch}.");
        }

        if (prefetch < concurrency || prefetch > MaxPrefetch)
        {
            throw new RedisMessagingConfigurationException($"Topic '{topic.Name}', group '{group}': Prefetch is {prefetch}; it must be between Concurrency ({concurrency}) and {MaxPrefetch}.");
        }

        if (broadcast && !topic.Capabilities.Broadcast)
        {
            throw new RedisMessagingConfigurationException($"Topic '{topic.Name}', group '{group}': Broadcast is set, but a {topic.Kind} topic hands each message to one consumer only. Use a Stream or Pub/Sub topic, or leave Broadcast out.");
        }

        CheckInbox(topic, group, broadcast, inboxWindow);
        foreach (var handler in handlers.Values)
        {
            handler.Validate(topic.Name);
        }

        return new ConsumerDefinition
        {
            Topic = topic,
            Address = address,
            Group = group,
            Concurrency = concurrency,
            Prefetch = prefetch,
            Broadcast = broadcast,
            StartAt = startAt,
            InboxWindow = inboxWindow,
            OnGap = options.Aggregate((Action<SubscriptionGap>?)null, (all, one) => all + one.OnGap),
            Handlers = handlers,
            Types = types,
        };
    }

    private static void CheckInbox(TopicDefinition topic, string group, bool broadcast, TimeSpan? window)
    {
        if (window is null)
        {
            return;
        }

        if (window <= TimeSpan.Zero || window > LongestInboxWindow)
        {
            throw new RedisMessagingConfigurationException($"Topic '{topic.Name}', group '{group}': InboxWindow is {window}; it must be more than zero and at most {LongestInboxWindow.Days} days. Leave it out for no inbox.");
        }

        if (!topic.Capabilities.Acks)
        {
            throw new RedisMessagingConfigurationException($"Topic '{topic.Name}', group '{group}': InboxWindow is set, but {(topic.Capabilities.Durable ? "a queue with Delivery = AtMostOnce" : $"a {topic.Kind} topic")} acks nothing that could be remembered. Use a Stream topic or a Queue topic with Delivery = AtLeastOnce, or leave InboxWindow out.");
        }

        if (topic is { Kind: TransportKind.Queue, Options.Format: MessageFormat.Raw })
        {
            throw new RedisMessagingConfigurationException($"Topic '{topic.Name}', group '{group}': InboxWindow is set, but the queue's Format is Raw: messages bring no id, so that of two equal ones the second would be taken for the first. Leave InboxWindow out, use a Stream topic, or set Format to Envelope.");
        }

        if (broadcast)
        {
            throw new RedisMessagingConfigurationException($"Topic '{topic.Name}', group '{group}': InboxWindow is set together with Broadcast, which makes each process a group of its own that ends with it: nobody would be left to remember. Leave one of them out.");
        }
    }

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
        new($"Topic '{topic.Name}': handlers of one group form one consumer, but they set {option} to {string.Join(" and ", given)}. Set it once, or give them different groups.");
}
