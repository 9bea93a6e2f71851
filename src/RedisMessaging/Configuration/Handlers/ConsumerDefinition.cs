using RedisMessaging.Configuration.Topics;
using RedisMessaging.Diagnostics;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Configuration.Handlers;

/// <summary>The handlers of one group on one topic: one receiver, one pump, handlers chosen by message type.</summary>
internal sealed record ConsumerDefinition
{
    public const int DefaultPrefetch = 100;
    public const int MaxPrefetch = 10_000;

    /// <summary>Where it is left open, and the handlers are quick.</summary>
    public const int MostPrefetchByDefault = 1_000;

    public const long DefaultPrefetchBytes = 64L << 20;
    public const long LeastPrefetchBytes = 1_024;

    private const int LongestBroadcastName = 100;

    private static readonly TimeSpan LongestInboxWindow = TimeSpan.FromDays(30);

    /// <summary>A group of this name is destroyed when its consumers idle for long.</summary>
    private const string ReservedGroupStart = "broadcast:";

    public required TopicDefinition Topic { get; init; }

    /// <summary>The topic's name, or a concrete channel of a pattern topic.</summary>
    public required string Address { get; init; }

    public required string Group { get; init; }

    public required int Concurrency { get; init; }

    /// <summary>How many messages it holds at the most; at first, where <see cref="LeastPrefetch"/> says that this changes.</summary>
    public required int Prefetch { get; init; }

    /// <summary>How many it holds at least, where the pace of its handlers determines how many that are.</summary>
    public int? LeastPrefetch { get; init; }

    /// <summary>How many bytes it holds at the most, save for a single message that is larger.</summary>
    public required long PrefetchBytes { get; init; }

    public required bool Broadcast { get; init; }

    /// <summary>The name under which the process remembers its place in the broadcast; it remembers none without one.</summary>
    public string? BroadcastName { get; init; }

    public required StartPosition StartAt { get; init; }

    /// <summary>For how long ids of acked messages are remembered; none are without it.</summary>
    public TimeSpan? InboxWindow { get; init; }

    /// <summary>How fast handlers are started; as fast as it goes without it.</summary>
    public RateLimit? RateLimit { get; init; }

    /// <summary>Paused by configuration.</summary>
    public bool Paused { get; init; }

    public Action<SubscriptionGap>? OnGap { get; init; }

    /// <summary>Whom to notify of what is given up.</summary>
    public IReadOnlyList<Func<DeadLetterNotice, CancellationToken, ValueTask>> OnDeadLetter { get; init; } = [];

    public KeyOrder KeyOrder { get; init; }

    /// <summary>The largest batch of its handlers; 0 without batch handlers.</summary>
    public int BatchSize { get; init; }

    /// <summary>The options of its handlers, or of the reader, with what the configuration says.</summary>
    public required IReadOnlyList<ConsumerOptions> Options { get; init; }

    /// <summary>The same consumer, as the configuration has it by now.</summary>
    public Func<ConsumerDefinition>? Reconfigured { get; init; }

    /// <summary>By message type; empty for a reader.</summary>
    public required IReadOnlyDictionary<Type, HandlerDefinition> Handlers { get; init; }

    /// <summary>The message types it consumes; the topic's other types it acks.</summary>
    public required IReadOnlySet<Type> Types { get; init; }

    /// <summary>Checks the options against each other and against what the transport can do.</summary>
    public static ConsumerDefinition Create(
        TopicDefinition topic,
        string address,
        string defaultGroup,
        IReadOnlyDictionary<Type, HandlerDefinition> handlers,
        IReadOnlySet<Type> types,
        params IReadOnlyList<ConsumerOptions> options)
    {
        var group = Agree(topic, "Group", options.Select(o => o.Group)) ?? defaultGroup;
        var concurrency = Agree(topic, nameof(Concurrency), options.Select(o => o.Concurrency)) ?? 1;
        var prefetch = Agree(topic, nameof(Prefetch), options.Select(o => o.Prefetch));
        var prefetchBytes = Agree(topic, nameof(PrefetchBytes), options.Select(o => o.PrefetchBytes)) ?? DefaultPrefetchBytes;
        var batchSize = handlers.Values.Max(handler => handler.Batch?.BatchSize) ?? 0;
        var broadcastName = Agree(topic, nameof(BroadcastName), options.Select(o => o.BroadcastName));
        var broadcastGiven = Agree(topic, nameof(Broadcast), options.Select(o => o.Broadcast));
        var broadcast = broadcastGiven ?? broadcastName is not null;
        var startAt = Agree(
            topic,
            nameof(StartAt),
            options.Select(o => o.StartAt == StartPosition.Default ? (StartPosition?)null : o.StartAt))
            ?? StartPosition.Default;
        var inboxWindow = Agree(topic, nameof(InboxWindow), options.Select(o => o.InboxWindow));
        var keyOrder = Agree(topic, nameof(KeyOrder), options.Select(o => o.KeyOrder)) ?? KeyOrder.None;
        var rateLimit = Agree(topic, nameof(RateLimit), options.Select(o => o.RateLimit));

        if (string.IsNullOrWhiteSpace(group)
            || group.Length > 200
            || group.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c is '{' or '}')
            || BoundedText.IndexOfLoneSurrogate(group) >= 0)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic.Name}': the group '{group}' is not allowed; use 1 to 200 characters without blanks, braces and control "
                + $"characters.");
        }

        if (group.StartsWith(ReservedGroupStart, StringComparison.Ordinal))
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic.Name}': the group '{group}' starts with '{ReservedGroupStart}', which marks the groups that Broadcast "
                + $"makes for each process. Use another name.");
        }

        if (concurrency is < 1 or > MaxPrefetch)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic.Name}', group '{group}': Concurrency is {concurrency}; it must be between 1 and {MaxPrefetch}.");
        }

        foreach (var handler in handlers.Values)
        {
            handler.Validate(topic.Name);
        }

        var leastByDefault = prefetch is null ? LeastPrefetchOf(topic, concurrency, handlers) : null;
        prefetch ??= leastByDefault ?? DefaultPrefetchOf(topic, group, concurrency, batchSize);
        var least = concurrency * Math.Max(1, batchSize);
        if (prefetch < least || prefetch > MaxPrefetch)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic.Name}', group '{group}': Prefetch is {prefetch}; it must be between Concurrency "
                + $"{(batchSize > 0 ? $"times BatchSize " : "")}({least}) and {MaxPrefetch}.");
        }

        if (prefetchBytes < LeastPrefetchBytes)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic.Name}', group '{group}': PrefetchBytes is {prefetchBytes}; it must be {LeastPrefetchBytes} at least. "
                + $"Leave it out for {DefaultPrefetchBytes >> 20} MiB.");
        }

        CheckBroadcastName(topic, group, broadcastGiven, broadcastName);
        if (broadcast && !topic.Capabilities.Broadcast)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic.Name}', group '{group}': Broadcast is set, but a {topic.Kind} "
                + $"topic{(topic.Kind == TransportKind.Stream ? " with DeleteOnAck" : "")} hands each message to one consumer only. Use a "
                + $"Stream {(topic.Kind == TransportKind.Stream ? "without it " : "")}or Pub/Sub topic, or leave Broadcast out.");
        }

        ConsumerEffects.Check(topic, group, handlers, options);
        CheckInbox(topic, group, broadcast, inboxWindow);
        CheckRateLimit(topic, group, isReader: handlers.Count == 0, rateLimit);
        CheckKeyOrder(topic, group, keyOrder, handlers);

        return new ConsumerDefinition
        {
            Topic = topic,
            Address = address,
            Group = group,
            Concurrency = concurrency,
            Prefetch = prefetch.Value,
            LeastPrefetch = leastByDefault,
            PrefetchBytes = prefetchBytes,
            Broadcast = broadcast,
            BroadcastName = broadcastName,
            StartAt = startAt,
            InboxWindow = inboxWindow,
            KeyOrder = keyOrder,
            BatchSize = batchSize,
            RateLimit = rateLimit,
            Paused = options.Any(o => o.Paused),
            OnGap = options.Aggregate((Action<SubscriptionGap>?)null, (all, one) => all + one.OnGap),
            Options = options,
            OnDeadLetter = [.. options.SelectMany(
                o => o.OnDeadLetter?.GetInvocationList() ?? []).Distinct().Cast<Func<DeadLetterNotice, CancellationToken, ValueTask>>()],
            Handlers = handlers,
            Types = types,
        };
    }

    private static void CheckBroadcastName(TopicDefinition topic, string group, bool? broadcast, string? name)
    {
        if (name is null)
        {
            return;
        }

        if (!topic.Capabilities.History)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic.Name}', group '{group}': BroadcastName is set, but a {topic.Kind} topic keeps no position from which a "
                + $"process could continue. Use a Stream topic, or leave BroadcastName out.");
        }

        if (broadcast is false)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic.Name}', group '{group}': BroadcastName is '{name}', but Broadcast is false. Leave one of them out.");
        }

        if (name.Length is 0 or > LongestBroadcastName
            || name.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c is '{' or '}' or ':' or '@')
            || BoundedText.IndexOfLoneSurrogate(name) >= 0)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic.Name}', group '{group}': BroadcastName '{name}' is not allowed; use 1 to {LongestBroadcastName} "
                + $"characters without blanks, braces, control characters, ':' and '@', such as the host's name.");
        }
    }

    private static void CheckRateLimit(TopicDefinition topic, string group, bool isReader, RateLimit? limit)
    {
        if (limit is not null && isReader)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic.Name}', group '{group}': RateLimit is set, but a reader takes messages at its own pace. Leave it out, or "
                + $"use SubscribeAsync.");
        }

        limit?.Validate(topic.Name, group);
    }

    private static void CheckInbox(TopicDefinition topic, string group, bool broadcast, TimeSpan? window)
    {
        if (window is null)
        {
            return;
        }

        if (window <= TimeSpan.Zero || window > LongestInboxWindow)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic.Name}', group '{group}': InboxWindow is {window}; it must be more than zero and at most "
                + $"{LongestInboxWindow.Days} days. Leave it out for no inbox.");
        }

        if (!topic.Capabilities.Acks)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic.Name}', group '{group}': InboxWindow is set, but "
                + $"{(topic.Capabilities.Durable ? "a queue with Delivery = AtMostOnce" : $"a {topic.Kind} topic")} acks nothing, so "
                + $"there is nothing to record. Use a Stream topic or a Queue topic with Delivery = AtLeastOnce, or leave InboxWindow "
                + $"out.");
        }

        if (topic is { Kind: TransportKind.Queue, Options.Format: MessageFormat.Raw })
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic.Name}', group '{group}': InboxWindow is set, but the queue's Format is Raw: messages have no id, so the "
                + $"second of two equal messages would be skipped. Leave InboxWindow out, use a Stream topic, or set Format to Envelope.");
        }

        if (broadcast)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic.Name}', group '{group}': InboxWindow is set together with Broadcast, which makes each process a group of "
                + $"its own. Most of these groups end with their process, and their inbox would be lost with them. Leave one of them out.");
        }
    }

    /// <summary>
    /// Not fewer than the usual number: what waits for its key takes places, and so does what a dead consumer held, beside which there has
    /// to be room for what is new. A reader may hold many before it settles one, a batch waits for messages, and Pub/Sub has no other
    /// consumer to leave messages to.
    /// </summary>
    private static int? LeastPrefetchOf(TopicDefinition topic, int concurrency, IReadOnlyDictionary<Type, HandlerDefinition> handlers)
    {
        if (!topic.Capabilities.Durable || handlers.Count == 0 || handlers.Values.Any(handler => handler.Batch is not null))
        {
            return null;
        }

        return Math.Clamp(2 * concurrency, DefaultPrefetch, MaxPrefetch);
    }

    /// <summary>So much that the next batches are fetched while these are handled.</summary>
    private static int DefaultPrefetchOf(TopicDefinition topic, string group, int concurrency, int batchSize)
    {
        if ((long)concurrency * batchSize > MaxPrefetch)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic.Name}', group '{group}': Concurrency ({concurrency}) times BatchSize ({batchSize}) is more than "
                + $"{MaxPrefetch}, the most that a process may hold. Make one of them smaller.");
        }

        return Math.Min(MaxPrefetch, Math.Max(DefaultPrefetch, Math.Max(concurrency, 2 * concurrency * batchSize)));
    }

    private static void CheckKeyOrder(
        TopicDefinition topic,
        string group,
        KeyOrder keyOrder,
        IReadOnlyDictionary<Type, HandlerDefinition> handlers)
    {
        if (!Enum.IsDefined(keyOrder))
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic.Name}', group '{group}': KeyOrder is {keyOrder}; it must be one of "
                + $"{string.Join(", ", Enum.GetNames<KeyOrder>())}.");
        }

        if (keyOrder != KeyOrder.None && handlers.Values.FirstOrDefault(handler => handler.Batch is not null) is { } batch)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic.Name}', group '{group}': KeyOrder is {keyOrder} together with the batch handler '{batch.Binding.Name}', "
                + $"whose messages are handled at the same time. Leave KeyOrder out (with Concurrency 1 batches come in order), or use a "
                + $"handler that takes one message at a time.");
        }

        if (keyOrder != KeyOrder.None && handlers.Count == 0)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic.Name}', group '{group}': KeyOrder is {keyOrder} for a reader, which gets its messages in order and "
                + $"settles them itself. Leave KeyOrder out, or use a handler.");
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
        new($"Topic '{topic.Name}': handlers of one group form one consumer, but they set {option} to {string.Join(" and ", given)}. Set "
            + $"it once, or give them different groups.");
}
