using RedisMessaging.Configuration;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Serialization;
using RedisMessaging.Topics;

namespace RedisMessaging.Bus;

/// <summary>Finds the topic that a message belongs to, while the bus is not disposed.</summary>
internal sealed class TopicRoutes(BusModel model, RedisConnections connections, IReadOnlyDictionary<TopicDefinition, TopicRuntime> topics)
{
    /// <summary>By the message's own type.</summary>
    public TopicRuntime Of<T>(T message)
    {
        ArgumentNullException.ThrowIfNull(message);
        connections.ThrowIfStopping();
        return topics[model.TopicOf(RuntimeType.Of(message))];
    }

    /// <summary>By the topic's name.</summary>
    public TopicRuntime Of<T>(string topic, T message)
    {
        ArgumentNullException.ThrowIfNull(message);
        connections.ThrowIfStopping();
        return topics[model.Find(topic, RuntimeType.Of(message), forSubscribing: false)];
    }

    /// <summary>By the topic's name, for many messages, whose own types are checked later.</summary>
    public TopicRuntime Of<T>(string topic)
    {
        connections.ThrowIfStopping();
        return topics[model.Find(topic, typeof(T), forSubscribing: false)];
    }

    /// <summary>By the types of many messages.</summary>
    /// <param name="messages">Becomes a list where each message's own type decides.</param>
    /// <exception cref="RedisMessagingConfigurationException">They belong to several topics.</exception>
    public TopicRuntime OfMany<T>(ref IEnumerable<OutgoingMessage<T>> messages)
    {
        connections.ThrowIfStopping();
        if (model.OnlyTopicOf(typeof(T)) is not { } topic)
        {
            // Before any of them is sent.
            messages = [.. messages];
            topic = model.TopicOf(
                typeof(T),
                messages.Where(outgoing => outgoing.Message is not null).Select(outgoing => RuntimeType.Of(outgoing.Message)));
        }

        return topics[topic];
    }
}
