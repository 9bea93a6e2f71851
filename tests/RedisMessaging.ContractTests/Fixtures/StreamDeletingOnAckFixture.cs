namespace RedisMessaging.ContractTests;

public sealed class StreamDeletingOnAckFixture : TransportFixture
{
    public override TransportKind Kind => TransportKind.Stream;

    public override TransportCapabilities Capabilities { get; } = new StreamFixture().Capabilities with { Groups = false, Broadcast = false, History = false, ExpectedVersions = false };

    public override string? WhyNot(string capability) =>
        capability == nameof(TransportCapabilities.FanOut) && ServerCommands.WhyWithout("XACKDEL", "Redis 8.2") is { } why ? "DeleteOnAck with several groups: " + why : null;

    public override void Configure(TopicOptions options) => ((StreamOptions)options).DeleteOnAck = true;

    public override void AddTopic(RedisMessagingBuilder messaging, string name, Action<TopicOptions> configure, TimeSpan? lease) => messaging.AddStream(name, stream =>
    {
        configure(stream);
        Configure(stream);
        stream.Lease = lease ?? stream.Lease;
    });
}
