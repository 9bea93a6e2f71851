namespace RedisMessaging.ContractTests;

public sealed class PubSubFixture : TransportFixture
{
    public override TransportKind Kind => TransportKind.PubSub;

    public override TransportCapabilities Capabilities { get; } = new()
    {
        Durable = false,
        FanOut = true,
        CompetingConsumers = false,
        Groups = false,
        Broadcast = true,
        Acks = false,
        Retries = true,
        DeadLetters = false,
        Scheduling = false,
        Deduplication = false,
        ExpectedVersions = false,
        Patterns = true,
        History = false,
        Lease = null,
    };

    public override void AddTopic(RedisMessagingBuilder messaging, string name, Action<TopicOptions> configure, TimeSpan? lease) => messaging.AddPubSub(name, configure);
}
