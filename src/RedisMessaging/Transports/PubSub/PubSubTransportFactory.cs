using Microsoft.Extensions.Configuration;

namespace RedisMessaging.Transports.PubSub;

internal sealed class PubSubTransportFactory : ITransportFactory
{
    public TransportKind Kind => TransportKind.PubSub;

    public IReadOnlyList<string> SettingNames { get; } = [.. TopicRules.SharedSettingNames, nameof(PubSubOptions.BufferCapacity), nameof(PubSubOptions.FullMode), nameof(PubSubOptions.KeepDeadLetters)];

    public TopicOptions CreateOptions() => new PubSubOptions();

    public void Bind(IConfigurationSection section, TopicOptions options)
    {
        var own = (PubSubOptions)options;
        section.Bind(own);
    }

    public TransportCapabilities Describe(TopicOptions options) => Describe((PubSubOptions)options);

    public ITransport Create(TransportContext context) => new PubSubTransport(context, Describe(context.Options));

    public void Validate(string topic, TopicOptions options)
    {
        var pubSub = (PubSubOptions)options;
        if (pubSub.BufferCapacity < 1)
        {
            throw new RedisMessagingConfigurationException($"Topic '{topic}': BufferCapacity is {pubSub.BufferCapacity}; it must be 1 message at least.");
        }

        TopicRules.RequireDefined(topic, nameof(PubSubOptions.FullMode), pubSub.FullMode);
    }

    private static TransportCapabilities Describe(PubSubOptions options) => new()
    {
        Durable = false,
        FanOut = true,
        CompetingConsumers = false,
        Groups = false,
        Broadcast = true,
        Acks = false,
        Retries = true,
        DeadLetters = options.KeepDeadLetters,
        Scheduling = false,
        Deduplication = false,
        ExpectedVersions = false,
        Patterns = true,
        History = false,
        Lease = null,
    };
}
