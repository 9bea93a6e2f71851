namespace RedisMessaging.ContractTests;

/// <summary>A queue that claims its messages as lots, however few and small they are: what it does by itself with large ones and with a backlog.</summary>
public sealed class QueueInLotsFixture : TransportFixture
{
    public override TransportKind Kind => TransportKind.Queue;

    public override TransportCapabilities Capabilities { get; } = new QueueFixture().Capabilities;

    public override void Configure(TopicOptions options) => ((QueueOptions)options).SmallestLot = 1;

    public override void AddTopic(RedisMessagingBuilder messaging, string name, Action<TopicOptions> configure, TimeSpan? lease) => messaging.AddQueue(name, queue =>
    {
        configure(queue);
        Configure(queue);
        queue.Lease = lease ?? queue.Lease;
    });
}
