using RedisMessaging.Configuration.Buses;

namespace RedisMessaging.Configuration.Topics;

/// <summary>A topic as the code registered it; configuration may still change it.</summary>
internal sealed record TopicRegistration(string Name, TransportKind Transport, TopicOptions Options)
{
    /// <summary>The call that added it.</summary>
    public CallPlace? Place { get; init; }
}
