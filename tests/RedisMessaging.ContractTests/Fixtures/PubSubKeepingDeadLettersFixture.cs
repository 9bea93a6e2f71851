namespace RedisMessaging.ContractTests;

public sealed class PubSubKeepingDeadLettersFixture : TransportFixture
{
    public override TransportKind Kind => TransportKind.PubSub;

    public override TransportCapabilities Capabilities { get; } = new PubSubFixture().Capabilities with { DeadLetters = true };

    public override void Configure(TopicOptions options) => ((PubSubOptions)options).KeepDeadLetters = true;

    public override void AddTopic(RedisMessagingBuilder messaging, string name, Action<TopicOptions> configure, TimeSpan? lease) => messaging.AddPubSub(name, options =>
    {
        configure(options);
        Configure(options);
    });
}
