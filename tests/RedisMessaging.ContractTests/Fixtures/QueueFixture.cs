namespace RedisMessaging.ContractTests;

public sealed class QueueFixture : TransportFixture
{
    public override TransportKind Kind => TransportKind.Queue;

    public override TransportCapabilities Capabilities { get; } = new()
    {
        Durable = true,
        FanOut = false,
        CompetingConsumers = true,
        Groups = false,
        Broadcast = false,
        Acks = true,
        Retries = true,
        DeadLetters = true,
        Scheduling = true,
        Deduplication = true,
        ExpectedVersions = false,
        Patterns = true,
        History = false,
        Lease = TimeSpan.FromSeconds(30),
    };

    public override void AddTopic(RedisMessagingBuilder messaging, string name, Action<TopicOptions> configure, TimeSpan? lease) => messaging.AddQueue(name, queue =>
    {
        configure(queue);
        queue.Lease = lease ?? queue.Lease;
    });
}
