using RedisMessaging.Configuration.Topics;
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
    /// <exception cref="RedisMessagingConfigurationException">They contradict each other or the transport; the text has the
    /// fix.</exception>
    public static ConsumerDefinition Create(
        TopicDefinition topic,
        string address,
        string defaultGroup,
        IReadOnlyDictionary<Type, HandlerDefinition> handlers,
        IReadOnlySet<Type> types,
        params IReadOnlyList<ConsumerOptions> options)
    {
        var agreed = new AgreedOptions(topic, defaultGroup, handlers, options);
        ConsumerOptionsValidator.Check(agreed);
        return new ConsumerDefinition
        {
            Topic = topic,
            Address = address,
            Group = agreed.Group,
            Concurrency = agreed.Concurrency,
            Prefetch = agreed.Prefetch,
            LeastPrefetch = agreed.LeastPrefetch,
            PrefetchBytes = agreed.PrefetchBytes,
            Broadcast = agreed.Broadcast,
            BroadcastName = agreed.BroadcastName,
            StartAt = agreed.StartAt,
            InboxWindow = agreed.InboxWindow,
            KeyOrder = agreed.KeyOrder,
            BatchSize = agreed.BatchSize,
            RateLimit = agreed.RateLimit,
            Paused = options.Any(o => o.Paused),
            OnGap = options.Aggregate((Action<SubscriptionGap>?)null, (all, one) => all + one.OnGap),
            Options = options,
            OnDeadLetter = [.. options
                .SelectMany(o => o.OnDeadLetter?.GetInvocationList() ?? [])
                .Distinct()
                .Cast<Func<DeadLetterNotice, CancellationToken, ValueTask>>()],
            Handlers = handlers,
            Types = types,
        };
    }
}
