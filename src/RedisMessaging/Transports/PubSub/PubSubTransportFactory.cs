using Microsoft.Extensions.Configuration;
using RedisMessaging.Configuration.Settings.Types;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Transports.PubSub;

internal sealed class PubSubTransportFactory : ITransportFactory
{
    private const long LeastBufferBytes = 1_024;

    public TransportKind Kind => TransportKind.PubSub;

    public IReadOnlyList<Setting> Settings { get; } =
    [
        .. TopicRules.SharedSettings,
        new Setting<PubSubOptions, int>(nameof(PubSubOptions.BufferCapacity), SettingTypes.Number, o => o.BufferCapacity, (o, v) => o.BufferCapacity = v),
        new Setting<PubSubOptions, long>(nameof(PubSubOptions.BufferBytes), SettingTypes.LongNumber, o => o.BufferBytes, (o, v) => o.BufferBytes = v),
        new Setting<PubSubOptions, PubSubFullMode>(nameof(PubSubOptions.FullMode), SettingTypes.Word<PubSubFullMode>(), o => o.FullMode, (o, v) => o.FullMode = v),
        new Setting<PubSubOptions, bool>(nameof(PubSubOptions.KeepDeadLetters), SettingTypes.Flag, o => o.KeepDeadLetters, (o, v) => o.KeepDeadLetters = v),
        new Setting<PubSubOptions, bool>(nameof(PubSubOptions.Sharded), SettingTypes.Flag, o => o.Sharded, (o, v) => o.Sharded = v),
    ];

    public TopicOptions CreateOptions() => new PubSubOptions();

    public IEnumerable<OptionWithoutEffect> FindWithoutEffect(TopicOptions options)
    {
        var (own, defaults) = ((PubSubOptions)options, new PubSubOptions());
        if (own.WaitForReplicas > 0)
        {
            yield return new(nameof(own.WaitForReplicas), "Pub/Sub stores nothing that a replica could have. Use a Queue or Stream topic, or leave WaitForReplicas out.");
        }

        if (own.DeduplicationWindow != defaults.DeduplicationWindow && own.DeduplicationWindow > TimeSpan.Zero)
        {
            yield return new(nameof(own.DeduplicationWindow), "Pub/Sub remembers no ids. Use a Queue or Stream topic, or leave DeduplicationWindow out.");
        }

        if (!own.KeepDeadLetters && own.DeadLetterLimit != defaults.DeadLetterLimit)
        {
            yield return new(nameof(own.DeadLetterLimit), "a Pub/Sub topic keeps no dead letters without KeepDeadLetters. Set KeepDeadLetters, or leave DeadLetterLimit out.");
        }

        if (own.KeepDeadLetters && own.DeadLetterLimit > own.GetLargestDeadLetterLimit() && own.DeadLetterLimit != defaults.DeadLetterLimit)
        {
            yield return new(nameof(own.DeadLetterLimit), $"a Pub/Sub topic keeps {own.GetLargestDeadLetterLimit()} dead letters at most. Lower DeadLetterLimit, or leave it out.");
        }

        if (!own.KeepDeadLetters && own.DeadLetterMaxAge is not null)
        {
            yield return new(nameof(own.DeadLetterMaxAge), "a Pub/Sub topic keeps no dead letters without KeepDeadLetters. Set KeepDeadLetters, or leave DeadLetterMaxAge out.");
        }

        foreach (var option in TopicRules.FindWithoutEffect(own, defaults))
        {
            yield return option;
        }
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

        if (pubSub.BufferBytes < LeastBufferBytes)
        {
            throw new RedisMessagingConfigurationException($"Topic '{topic}': BufferBytes is {pubSub.BufferBytes}; it must be {LeastBufferBytes} at least.");
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
