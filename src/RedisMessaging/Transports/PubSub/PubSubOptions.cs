namespace RedisMessaging;

/// <summary>A topic on Redis Pub/Sub.</summary>
public sealed class PubSubOptions : TopicOptions
{
    /// <summary>How many messages a subscription buffers for its handlers, in messages. Default 10,000; at least 1.</summary>
    public int BufferCapacity { get; set; } = 10_000;

    /// <summary>
    /// How many bytes of messages a subscription buffers for its handlers. The buffer is full when either bound is reached; a message that is larger than all of it is buffered alone.
    /// Default 64 MiB; at least 1,024.
    /// </summary>
    public long BufferBytes { get; set; } = 64L << 20;

    /// <summary>What happens when the buffer is full, in messages or in bytes. Every drop is counted (<c>redismessaging.messages.dropped</c>). Default: the oldest is dropped.</summary>
    public PubSubFullMode FullMode { get; set; } = PubSubFullMode.DropOldest;

    /// <summary>
    /// Keeps a message that a handler gave up on, or that can't be read, aside as a dead letter (<see cref="ITopic.DeadLetters"/>), once for every group, however many processes gave up on
    /// it. Best effort: when it can't be stored it is dropped, counted and logged, as all are without this. At most 1,000 are kept (<see cref="TopicOptions.DeadLetterLimit"/>); older ones are
    /// dropped, counted and logged. Needs the rights to write below <c>prefix{topic}:*</c>. Default <see langword="false"/>.
    /// </summary>
    public bool KeepDeadLetters { get; set; }

    /// <summary>
    /// Uses sharded channels (<c>SPUBLISH</c>, <c>SSUBSCRIBE</c>; Redis 7.0): in a cluster a message goes to the nodes of its channel's slot alone and not to all of them, so that Pub/Sub
    /// grows with the cluster. The channel is <c>prefix{topic}</c> then, or <see cref="TopicOptions.Key"/>. Everything else stays as it is, but that nobody can subscribe to a pattern:
    /// of a topic like <c>news:*</c> only its channels. Works on a single server, too. Who publishes and who subscribes must agree on it. Default <see langword="false"/>.
    /// </summary>
    public bool Sharded { get; set; }

    /// <inheritdoc cref="TopicOptions.Carries{T}(string?, string[])"/>
    public new PubSubOptions Carries<T>(string? name = null, params string[] aliases)
    {
        base.Carries<T>(name, aliases);
        return this;
    }

    internal override int GetLargestDeadLetterLimit() => 1_000;

    internal override bool HasSharedDeadLetters() => true;
}
