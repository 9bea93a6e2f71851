using RedisMessaging.Configuration.Topics;
using RedisMessaging.Publishing;
using RedisMessaging.Publishing.Batching;
using RedisMessaging.Serialization;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Bus;

/// <summary>A topic with its transport and what its messages look like there.</summary>
internal sealed record TopicRuntime(TopicDefinition Definition, ITransport Transport, FrameFormat Format)
{
    public string Name => Definition.Name;

    /// <summary>In which its publishes go to Redis.</summary>
    public required PublishBatcher Batcher { get; init; }

    /// <summary>As what its messages are published.</summary>
    public required PublishedTypes Types { get; init; }
}
