namespace RedisMessaging.ContractTests;

public sealed class StreamFixture : TransportFixture
{
    public override TransportKind Kind => TransportKind.Stream;

    public override TransportCapabilities Capabilities { get; } = new()
    {
        Durable = true,
        FanOut = true,
        CompetingConsumers = true,
        Groups = true,
        Broadcast = true,
        Acks = true,
        Retries = true,
        DeadLetters = true,
        Scheduling = true,
        Deduplication = true,
        ExpectedVersions = true,
        Patterns = true,
        History = true,
        Lease = TimeSpan.FromSeconds(30),
    };

    public override void AddTopic(RedisMessagingBuilder messaging, string name, Action<TopicOptions> configure, TimeSpan? lease) => messaging.AddStream(name, stream =>
    {
        configure(stream);
        stream.Lease = lease ?? stream.Lease;
    });
}
