using RedisMessaging.Diagnostics;
using RedisMessaging.Serialization;

namespace RedisMessaging;

/// <summary>What the three transports' topic options have in common.</summary>
public abstract class TopicOptions
{
    private readonly List<MessageType> _messageTypes = [];

    private protected TopicOptions()
    {
    }

    /// <summary>
    /// The exact key or channel that the topic's messages stand in, without prefix and braces, to share it with other programs:
    /// <c>"orders:stream"</c>. What the topic keeps beside it is named after it and lies in the same cluster slot:
    /// <c>{orders:stream}:…</c>; for a key with a hash tag of its own, like <c>{shop}:orders</c>, <c>{shop}:orders:…</c>. A list or
    /// stream that is there already is used as it is. Default: made from <see cref="RedisMessagingOptions.KeyPrefix"/> and the topic's name.
    /// Not for patterns. When such a topic changes its transport, messages that it left behind are not looked for.
    /// </summary>
    public string? Key { get; set; }

    /// <summary>
    /// What a message looks like in Redis. <see cref="MessageFormat.Raw"/> is for topics that are shared with programs which know nothing
    /// of this library, mostly together with <see cref="Key"/>; it needs exactly one message type on the topic. Default
    /// <see cref="MessageFormat.Envelope"/>.
    /// </summary>
    public MessageFormat Format { get; set; } = MessageFormat.Envelope;

    /// <summary>What to do with a message whose type name this topic does not know. Default: dead-letter it.</summary>
    public UnknownTypePolicy UnknownTypes { get; set; } = UnknownTypePolicy.DeadLetter;

    /// <summary>
    /// What to do with a message whose <see cref="PublishOptions.TimeToLive"/> is over. Default: dead-letter it. On Pub/Sub
    /// it is always dropped.
    /// </summary>
    public ExpiredPolicy OnExpired { get; set; } = ExpiredPolicy.DeadLetter;

    /// <summary>
    /// How many dead letters the topic keeps (<c>XTRIM MAXLEN</c> on its dead-letter key); older ones are dropped, counted and logged.
    /// Default 10,000. Pub/Sub: 1,000 at most, and only with <see cref="PubSubOptions.KeepDeadLetters"/>.
    /// </summary>
    public int DeadLetterLimit { get; set; } = 10_000;

    /// <summary>
    /// For how long the topic keeps dead letters, by the server's clock (<c>XTRIM MINID</c>); older ones are dropped, counted and logged:
    /// when another message is dead-lettered, when they are counted or looked at, and now and then by every consumer of a queue or a
    /// stream. Default: no limit. Pub/Sub: only with <see cref="PubSubOptions.KeepDeadLetters"/>.
    /// </summary>
    public TimeSpan? DeadLetterMaxAge { get; set; }

    /// <summary>
    /// For how long the ids that publishers give their messages (<see cref="PublishOptions.MessageId"/>) are remembered, so that a second
    /// message with the same id is not stored. Ids stand in a sorted set beside the topic. Default 5 minutes, at most 7 days; zero
    /// remembers none. Pub/Sub remembers none: another value is refused there.
    /// </summary>
    public TimeSpan DeduplicationWindow { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How many replicas must have a message before publishing it has succeeded (<c>WAIT</c>): replication is asynchronous, and a failover
    /// loses what no replica had yet. When too few confirm within <see cref="ReplicationTimeout"/>, the message is on the primary all the
    /// same, and publishing ends with a <see cref="PublishOutcomeUnknownException"/>. Default 0: does not wait. Refused on Pub/Sub, which
    /// stores nothing.
    /// </summary>
    public int WaitForReplicas { get; set; }

    /// <summary>
    /// How long <see cref="WaitForReplicas"/> waits. Default 1 s; at most 1 minute. Publishes of the same process that wait, too, may have
    /// to wait for each other.
    /// </summary>
    public TimeSpan ReplicationTimeout { get; set; } = TimeSpan.FromSeconds(1);

    // A method, because the configuration binder's generator binds properties, internal ones included.
    internal IReadOnlyList<MessageType> GetMessageTypes() => _messageTypes;

    // Methods, for the same reason.
    internal virtual int GetLargestDeadLetterLimit() => int.MaxValue;

    internal virtual bool HasSharedDeadLetters() => false;

    /// <summary><see langword="null"/> where nothing is leased.</summary>
    internal virtual TimeSpan? GetLease() => null;

    internal virtual void SetLease(TimeSpan lease)
    {
    }

    /// <summary>Says that the topic carries a message type.</summary>
    /// <typeparam name="T">The message type.</typeparam>
    /// <param name="name">
    /// Its name on the wire. Default: the type's name in kebab-case (<c>OrderPlaced</c> → <c>order-placed</c>).
    /// </param>
    /// <param name="aliases">Older wire names that mean the same type.</param>
    /// <returns>These options.</returns>
    /// <exception cref="RedisMessagingConfigurationException">The type or one of the names is taken already.</exception>
    public TopicOptions Carries<T>(string? name = null, params string[] aliases)
    {
        AddMessageType(MessageType.Of<T>(name, aliases));
        return this;
    }

    /// <summary>Carries over to another transport what both have.</summary>
    internal void CopySharedTo(TopicOptions other)
    {
        if (GetLease() is { } lease)
        {
            other.SetLease(lease);
        }

        other.Key = Key;
        other.Format = Format;
        other.UnknownTypes = UnknownTypes;
        other.OnExpired = OnExpired;
        other.DeadLetterLimit = DeadLetterLimit;
        other.DeadLetterMaxAge = DeadLetterMaxAge;
        other.DeduplicationWindow = DeduplicationWindow;
        other.WaitForReplicas = WaitForReplicas;
        other.ReplicationTimeout = ReplicationTimeout;
    }

    internal void AddMessageType(MessageType added)
    {
        foreach (var existing in _messageTypes)
        {
            if (existing.Type == added.Type)
            {
                throw new RedisMessagingConfigurationException(
                    $"The message type '{TypeName.Of(added.Type)}' was added twice to one topic; give it its other wire names as aliases "
                    + "of one Carries call.");
            }

            if (existing.Names.Intersect(added.Names, StringComparer.Ordinal).FirstOrDefault() is { } taken)
            {
                throw new RedisMessagingConfigurationException(
                    $"The wire name '{taken}' means both '{TypeName.Among(existing.Type, added.Type)}' and "
                    + $"'{TypeName.Among(added.Type, existing.Type)}' on one topic; give one of them another name: "
                    + $"Carries<{TypeName.Among(added.Type, existing.Type)}>(\"…\").");
            }
        }

        _messageTypes.Add(added);
    }
}
