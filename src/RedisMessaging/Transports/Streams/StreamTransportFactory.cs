using Microsoft.Extensions.Configuration;

namespace RedisMessaging.Transports.Streams;

internal sealed class StreamTransportFactory : ITransportFactory
{
    public TransportKind Kind => TransportKind.Stream;

    public IReadOnlyList<string> SettingNames { get; } = [.. TopicRules.SharedSettingNames, nameof(StreamOptions.Lease), nameof(StreamOptions.MaxLength)];

    public TopicOptions CreateOptions() => new StreamOptions();

    public void Bind(IConfigurationSection section, TopicOptions options)
    {
        var own = (StreamOptions)options;
        section.Bind(own);
    }

    public TransportCapabilities Describe(TopicOptions options) => Describe((StreamOptions)options);

    public ITransport Create(TransportContext context) => new StreamTransport(context, new StreamKeys(context.Keys), Describe(context.Options));

    public void Validate(string topic, TopicOptions options)
    {
        var stream = (StreamOptions)options;
        TopicRules.RequireLease(topic, stream.Lease);
        if (stream.MaxLength is < 1)
        {
            throw new RedisMessagingConfigurationException($"Topic '{topic}': MaxLength is {stream.MaxLength}; it must be 1 at least, or null to keep everything.");
        }
    }

    private static TransportCapabilities Describe(StreamOptions options) => new()
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
        Deduplication = options.DeduplicationWindow > TimeSpan.Zero,
        Patterns = true,
        History = true,
        Lease = options.Lease,
    };
}
