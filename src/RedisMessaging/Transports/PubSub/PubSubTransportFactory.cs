using Microsoft.Extensions.Configuration;
using RedisMessaging.Configuration;

namespace RedisMessaging.Transports.PubSub;

internal sealed class PubSubTransportFactory : ITransportFactory
{
    public TransportKind Kind => TransportKind.PubSub;

    public IReadOnlyList<string> SettingNames { get; } = [.. TopicRules.SharedSettingNames, nameof(PubSubOptions.BufferCapacity), nameof(PubSubOptions.FullMode), nameof(PubSubOptions.KeepDeadLetters), nameof(PubSubOptions.Sharded)];

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
        if (pubSub is { Sharded: true, KeepDeadLetters: true } && TopicName.IsPattern(topic))
        {
            throw new RedisMessagingConfigurationException($"Topic '{topic}': Sharded and KeepDeadLetters are set on a pattern, whose channels lie in slots of their own: dead letters could not be published again from one place. Leave one of them out, or add the channels as topics.");
        }
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
        // Channels of a pattern work; what there is none of is a subscription to the pattern.
        Patterns = !options.Sharded,
        History = false,
        Lease = null,
    };
}
