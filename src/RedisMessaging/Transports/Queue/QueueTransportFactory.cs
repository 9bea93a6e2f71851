using RedisMessaging.Configuration.Settings.Types;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Transports.Queue;

internal sealed class QueueTransportFactory : ITransportFactory
{
    public TransportKind Kind => TransportKind.Queue;

    public IReadOnlyList<Setting> Settings { get; } =
    [
        .. TopicRules.SharedSettings,
        new Setting<QueueOptions, TimeSpan>(nameof(QueueOptions.Lease), SettingTypes.Duration, o => o.Lease, (o, v) => o.Lease = v),
        new Setting<QueueOptions, QueueDelivery>(nameof(QueueOptions.Delivery), SettingTypes.Word<QueueDelivery>(), o => o.Delivery, (o, v) => o.Delivery = v),
    ];

    public TopicOptions CreateOptions() => new QueueOptions();

    public IEnumerable<OptionWithoutEffect> FindWithoutEffect(TopicOptions options)
    {
        var (own, defaults) = ((QueueOptions)options, new QueueOptions());
        if (own.Delivery == QueueDelivery.AtMostOnce && own.Lease != defaults.Lease)
        {
            yield return new(nameof(own.Lease), "with Delivery = AtMostOnce a message is gone from Redis once it is fetched. Leave Lease out, or use AtLeastOnce.");
        }

        foreach (var option in TopicRules.FindWithoutEffect(own, defaults))
        {
            yield return option;
        }
    }

    public TransportCapabilities Describe(TopicOptions options) => Describe((QueueOptions)options);

    public ITransport Create(TransportContext context) => new QueueTransport(
        context,
        new QueueKeys(context.Keys) { IsShared = context.Options.Format == MessageFormat.Raw, HasSignal = context.Options.Format != MessageFormat.Raw && context.Options.Key is null },
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
