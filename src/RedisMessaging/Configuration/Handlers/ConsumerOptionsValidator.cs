using RedisMessaging.Diagnostics;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Configuration.Handlers;

/// <summary>Checks the options of a consumer against each other and against what its transport can do, one rule after the other.</summary>
internal static class ConsumerOptionsValidator
{
    private const int MaxGroupLength = 200;
    private const int MaxBroadcastNameLength = 100;

    private static readonly TimeSpan MaxInboxWindow = TimeSpan.FromDays(30);

    /// <summary>A group of this name is destroyed when its consumers are idle for long.</summary>
    private const string ReservedGroupStart = "broadcast:";

    /// <summary>Each returns what is wrong, with the fix, or <see langword="null"/>. Later rules rely on earlier ones.</summary>
    private static readonly Func<AgreedOptions, string?>[] Rules =
    [
        CheckConcurrency,
        CheckHandlers,
        CheckPrefetch,
        CheckPrefetchBytes,
        CheckBroadcastName,
        CheckBroadcast,
        CheckEffects,
        CheckInboxWindow,
        CheckInboxTransport,
        CheckRateLimit,
        CheckKeyOrder,
    ];

    /// <exception cref="RedisMessagingConfigurationException">A rule is broken; the text names the option and the fix.</exception>
    public static void Check(AgreedOptions consumer)
    {
        if (CheckGroup(consumer.Group) is { } refused)
        {
            throw new RedisMessagingConfigurationException($"Topic '{consumer.Topic.Name}': the group '{consumer.Group}' {refused}");
        }

        foreach (var rule in Rules)
        {
            if (rule(consumer) is { } problem)
            {
                throw new RedisMessagingConfigurationException(
                    $"Topic '{consumer.Topic.Name}', group '{consumer.Group}': {problem}");
            }
        }
    }

    private static string? CheckGroup(string group)
    {
        if (string.IsNullOrWhiteSpace(group) || group.Length > MaxGroupLength || !IsPlain(group, "{}"))
        {
            return $"is not allowed; use 1 to {MaxGroupLength} characters without blanks, braces and control characters.";
        }

        return group.StartsWith(ReservedGroupStart, StringComparison.Ordinal)
            ? $"starts with '{ReservedGroupStart}', which marks the groups that Broadcast makes for each process. Use another name."
            : null;
    }

    private static string? CheckConcurrency(AgreedOptions consumer) => consumer.Concurrency is < 1 or > ConsumerDefinition.MaxPrefetch
        ? $"Concurrency is {consumer.Concurrency}; it must be between 1 and {ConsumerDefinition.MaxPrefetch}."
        : null;

    private static string? CheckHandlers(AgreedOptions consumer)
    {
        foreach (var handler in consumer.Handlers.Values)
        {
            handler.Validate(consumer.Topic.Name);
        }

        return null;
    }

    private static string? CheckPrefetch(AgreedOptions consumer)
    {
        var isDefault = consumer.PrefetchGiven is null && consumer.LeastPrefetch is null;
        if (isDefault && (long)consumer.Concurrency * consumer.BatchSize > ConsumerDefinition.MaxPrefetch)
        {
            return $"Concurrency ({consumer.Concurrency}) times BatchSize ({consumer.BatchSize}) is more than "
                + $"{ConsumerDefinition.MaxPrefetch}, the most that a process may hold. Make one of them smaller.";
        }

        var min = consumer.Concurrency * Math.Max(1, consumer.BatchSize);
        return consumer.Prefetch < min || consumer.Prefetch > ConsumerDefinition.MaxPrefetch
            ? $"Prefetch is {consumer.Prefetch}; it must be between Concurrency "
                + $"{(consumer.BatchSize > 0 ? "times BatchSize " : "")}({min}) "
                + $"and {ConsumerDefinition.MaxPrefetch}."
            : null;
    }

    private static string? CheckPrefetchBytes(AgreedOptions consumer) => consumer.PrefetchBytes < ConsumerDefinition.LeastPrefetchBytes
        ? $"PrefetchBytes is {consumer.PrefetchBytes}; it must be {ConsumerDefinition.LeastPrefetchBytes} at least. Leave it out for "
            + $"{ConsumerDefinition.DefaultPrefetchBytes >> 20} MiB."
        : null;

    private static string? CheckBroadcastName(AgreedOptions consumer) => consumer.BroadcastName switch
    {
        null => null,
        _ when !consumer.Topic.Capabilities.History =>
            $"BroadcastName is set, but a {consumer.Topic.Kind} topic keeps no position from which a process could continue. Use a Stream "
            + "topic, or leave BroadcastName out.",
        var name when consumer.BroadcastGiven is false =>
            $"BroadcastName is '{name}', but Broadcast is false. Leave one of them out.",
        var name when name.Length is 0 or > MaxBroadcastNameLength || !IsPlain(name, "{}:@") =>
            $"BroadcastName '{name}' is not allowed; use 1 to {MaxBroadcastNameLength} characters without blanks, braces, control "
            + "characters, ':' and '@', such as the host's name.",
        _ => null,
    };

    private static string? CheckBroadcast(AgreedOptions consumer)
    {
        if (!consumer.Broadcast || consumer.Topic.Capabilities.Broadcast)
        {
            return null;
        }

        var isStream = consumer.Topic.Kind == TransportKind.Stream;
        return $"Broadcast is set, but a {consumer.Topic.Kind} topic{(isStream ? " with DeleteOnAck" : "")} hands each message to one "
            + $"consumer only. Use a Stream {(isStream ? "without it " : "")}or Pub/Sub topic, or leave Broadcast out.";
    }

    private static string? CheckEffects(AgreedOptions consumer)
    {
        ConsumerEffects.Check(consumer.Topic, consumer.Group, consumer.Handlers, consumer.Options);
        return null;
    }

    private static string? CheckInboxWindow(AgreedOptions consumer) =>
        consumer.InboxWindow is { } window && (window <= TimeSpan.Zero || window > MaxInboxWindow)
            ? $"InboxWindow is {window}; it must be more than zero and at most {MaxInboxWindow.Days} days. Leave it out for no inbox."
            : null;

    private static string? CheckInboxTransport(AgreedOptions consumer) => consumer switch
    {
        { InboxWindow: null } => null,
        { Topic.Capabilities.Acks: false } =>
            "InboxWindow is set, but "
            + $"{(consumer.Topic.Capabilities.Durable ? "a queue with Delivery = AtMostOnce" : $"a {consumer.Topic.Kind} topic")} acks "
            + "nothing, so there is nothing to record. Use a Stream topic or a Queue topic with Delivery = AtLeastOnce, or leave "
            + "InboxWindow out.",
        { Topic: { Kind: TransportKind.Queue, Options.Format: MessageFormat.Raw } } =>
            "InboxWindow is set, but the queue's Format is Raw: messages have no id, so the second of two equal messages would be skipped. "
            + "Leave InboxWindow out, use a Stream topic, or set Format to Envelope.",
        { Broadcast: true } =>
            "InboxWindow is set together with Broadcast, which makes each process a group of its own. Most of these groups end with their "
            + "process, and their inbox would be lost with them. Leave one of them out.",
        _ => null,
    };

    private static string? CheckRateLimit(AgreedOptions consumer)
    {
        if (consumer.RateLimit is not null && consumer.Handlers.Count == 0)
        {
            return "RateLimit is set, but a reader takes messages at its own pace. Leave it out, or use SubscribeAsync.";
        }

        consumer.RateLimit?.Validate(consumer.Topic.Name, consumer.Group);
        return null;
    }

    private static string? CheckKeyOrder(AgreedOptions consumer)
    {
        var order = consumer.KeyOrder;
        if (!Enum.IsDefined(order))
        {
            return $"KeyOrder is {order}; it must be one of {string.Join(", ", Enum.GetNames<KeyOrder>())}.";
        }

        if (order != KeyOrder.None && consumer.Handlers.Values.FirstOrDefault(handler => handler.Batch is not null) is { } batch)
        {
            return $"KeyOrder is {order} together with the batch handler '{batch.Binding.Name}', whose messages are handled at the same "
                + "time. Leave KeyOrder out (with Concurrency 1 batches come in order), or use a handler that takes one message at a time.";
        }

        return order != KeyOrder.None && consumer.Handlers.Count == 0
            ? $"KeyOrder is {order} for a reader, which gets its messages in order and settles them itself. Leave KeyOrder out, or use a "
                + "handler."
            : null;
    }

    /// <summary>Valid text without blanks, control characters and some others.</summary>
    private static bool IsPlain(string text, string others) =>
        !text.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || others.Contains(c, StringComparison.Ordinal))
            && BoundedText.IndexOfLoneSurrogate(text) < 0;
}
