namespace RedisMessaging.ContractTests;

public sealed class PubSubShardedFixture : TransportFixture
{
    private static readonly PubSubFixture Plain = new();

    public override TransportKind Kind => TransportKind.PubSub;

    public override TransportCapabilities Capabilities { get; } = Plain.Capabilities with { Patterns = false };

    public override void Configure(TopicOptions options) => ((PubSubOptions)options).Sharded = true;

    public override void AddTopic(RedisMessagingBuilder messaging, string name, Action<TopicOptions> configure, TimeSpan? lease) => messaging.AddPubSub(name, options =>
    {
        Configure(options);
        configure(options);
    });
}
