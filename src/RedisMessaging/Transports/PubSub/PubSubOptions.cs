namespace RedisMessaging;

/// <summary>A topic on Redis Pub/Sub.</summary>
public sealed class PubSubOptions : TopicOptions
{
    /// <summary>How many messages a subscription buffers for its handlers, in messages. Default 10,000; at least 1.</summary>
    public int BufferCapacity { get; set; } = 10_000;

    /// <summary>What happens when the buffer is full. Every drop is counted (<c>redismessaging.messages.dropped</c>). Default: the oldest is dropped.</summary>
    public PubSubFullMode FullMode { get; set; } = PubSubFullMode.DropOldest;

    /// <inheritdoc cref="TopicOptions.Carries{T}(string?, string[])"/>
    public new PubSubOptions Carries<T>(string? name = null, params string[] aliases)
    {
        base.Carries<T>(name, aliases);
        return this;
    }
}
