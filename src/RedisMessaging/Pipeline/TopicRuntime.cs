using RedisMessaging.Configuration;
using RedisMessaging.Transports;

namespace RedisMessaging.Pipeline;

/// <summary>A topic with its transport.</summary>
internal sealed record TopicRuntime(TopicDefinition Definition, ITransport Transport)
{
    public string Name => Definition.Name;
}
