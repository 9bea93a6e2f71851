namespace RedisMessaging;

/// <summary>placeholder</summary>
public sealed class RedisMessagingBuilder
{
    internal RedisMessagingBuilder AddTopic<T>(string name, TransportKind kind, TopicOptions options) => throw new NotImplementedException();
    internal RedisMessagingBuilder AddTopic(string name, TransportKind kind, TopicOptions options) => throw new NotImplementedException();
}
