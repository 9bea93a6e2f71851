using Microsoft.Extensions.Configuration;

namespace RedisMessaging.Transports.Queue;

internal sealed class QueueTransportFactory : ITransportFactory
{
    public TransportKind Kind => TransportKind.Queue;

    public IReadOnlyList<string> SettingNames { get; } = [.. TopicRules.SharedSettingNames, nameof(QueueOptions.Lease), nameof(QueueOptions.Delivery)];

    public TopicOptions CreateOptions() => new QueueOptions();

    public void Bind(IConfigurationSection section, TopicOptions options)
    {
        var own = (QueueOptions)options;
        section.Bind(own);
    }

    public TransportCapabilities Describe(TopicOptions options) => Describe((QueueOptions)options);

    public ITransport Create(TransportContext context) => new QueueTransport(
        context,
        new QueueKeys(context.Keys) { IsShared = context.Options.Format == MessageFormat.Raw, HasBell = context.Options.Format != MessageFormat.Raw && context.Options.Key is null },
        Describe(context.Options));

    public void Validate(string topic, TopicOptions options)
    {
        var queue = (QueueOptions)options;
        TopicRules.RequireLease(topic, queue.Lease);
        TopicRules.RequireDefined(topic, nameof(QueueOptions.Delivery), queue.Delivery);
        if (queue is { Format: MessageFormat.Raw, Delivery: QueueDelivery.AtMostOnce })
        {
            throw new RedisMessagingConfigurationException($"Topic '{topic}': Delivery is AtMostOnce and Format is Raw: the list has no room for how often a message was tried, and nothing else is kept of it. Leave Delivery at AtLeastOnce.");
        }
    }

    private static TransportCapabilities Describe(QueueOptions options)
    {
        var acks = options.Delivery == QueueDelivery.AtLeastOnce;
        return new()
        {
            Durable = true,
            FanOut = false,
            CompetingConsumers = true,
            Groups = false,
            Broadcast = false,
            Acks = acks,
            Retries = true,
            DeadLetters = true,
            Scheduling = true,
            Deduplication = options.DeduplicationWindow > TimeSpan.Zero,
            ExpectedVersions = false,
            Patterns = true,
            History = false,
            Lease = acks ? options.Lease : null,
        };
    }
}
