namespace RedisMessaging.ContractTests;

public sealed class StreamDeletingOnAckFixture : TransportFixture
{
    public override TransportKind Kind => TransportKind.Stream;

    public override TransportCapabilities Capabilities { get; } = new StreamFixture().Capabilities with { FanOut = false, Groups = false, Broadcast = false, History = false, ExpectedVersions = false };

    public override void Configure(TopicOptions options) => ((StreamOptions)options).DeleteOnAck = true;

    public override void AddTopic(RedisMessagingBuilder messaging, string name, Action<TopicOptions> configure, TimeSpan? lease) => messaging.AddStream(name, stream =>
    {
        configure(stream);
        Configure(stream);
        stream.Lease = lease ?? stream.Lease;
    });
}
