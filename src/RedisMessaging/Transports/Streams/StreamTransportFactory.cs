using RedisMessaging.Configuration.Settings.Types;
using RedisMessaging.Transports.Contracts;
using RedisMessaging.Transports.Streams.Trimming;

namespace RedisMessaging.Transports.Streams;

internal sealed class StreamTransportFactory : ITransportFactory
{
    public TransportKind Kind => TransportKind.Stream;

    public IReadOnlyList<Setting> Settings { get; } =
    [
        .. TopicRules.SharedSettings,
        new Setting<StreamOptions, TimeSpan>(nameof(StreamOptions.Lease), SettingTypes.Duration, o => o.Lease, (o, v) => o.Lease = v),
        new Setting<StreamOptions, bool>(nameof(StreamOptions.DeleteOnAck), SettingTypes.Flag, o => o.DeleteOnAck, (o, v) => o.DeleteOnAck = v),
        .. RetentionSettings.All,
    ];

    public TopicOptions CreateOptions() => new StreamOptions();

    public IEnumerable<OptionWithoutEffect> FindWithoutEffect(TopicOptions options)
    {
        var (own, defaults) = ((StreamOptions)options, new StreamOptions());
        if (!own.Retention.Limits() && own.Retention.AbandonedAfter is { } after && after != defaults.Retention.AbandonedAfter)
        {
            yield return new("Retention.AbandonedAfter", "without MaxLength and MaxAge nothing is trimmed that a group could hold back. Set one of them, or leave AbandonedAfter out.");
        }

        foreach (var option in TopicRules.FindWithoutEffect(own, defaults))
        {
            yield return option;
        }
    }

    public TransportCapabilities Describe(TopicOptions options) => Describe((StreamOptions)options);

    public ITransport Create(TransportContext context) => new StreamTransport(context, new StreamKeys(context.Keys), Describe(context.Options));

    public void Validate(string topic, TopicOptions options)
    {
        var stream = (StreamOptions)options;
        TopicRules.RequireLease(topic, stream.Lease);
        var retention = stream.Retention ?? throw new RedisMessagingConfigurationException($"Topic '{topic}': Retention is null; use Retention.Forever to keep everything.");
        if (retention.MaxLength is < 1)
        {
            throw new RedisMessagingConfigurationException($"Topic '{topic}': Retention.MaxLength is {retention.MaxLength}; it must be 1 at least, or null to keep any number.");
        }

        if (retention.MaxAge <= TimeSpan.Zero)
        {
            throw new RedisMessagingConfigurationException($"Topic '{topic}': Retention.MaxAge is {retention.MaxAge}; it must be longer than zero, or null to keep entries of any age.");
        }

        if (retention.AbandonedAfter < stream.Lease)
        {
            throw new RedisMessagingConfigurationException($"Topic '{topic}': Retention.AbandonedAfter is {retention.AbandonedAfter}; it must be at least the topic's Lease ({stream.Lease}), within which a live consumer renews it, or null to wait for every group.");
        }

        if (retention.Exact && retention.MaxLength is null)
        {
            throw new RedisMessagingConfigurationException($"Topic '{topic}': Retention.Exact is set without MaxLength. Set MaxLength, or leave Exact out.");
        }

        if (retention.Force && !retention.Limits())
        {
            throw new RedisMessagingConfigurationException($"Topic '{topic}': Retention.Force is set without MaxLength and MaxAge, so nothing is trimmed. Set one of them, or leave Force out.");
        }
    }

    private static TransportCapabilities Describe(StreamOptions options) => new()
    {
        Durable = true,
        FanOut = true,
        CompetingConsumers = true,
        Groups = !options.DeleteOnAck,
        Broadcast = !options.DeleteOnAck,
        Acks = true,
        Retries = true,
        DeadLetters = true,
        Scheduling = true,
        Deduplication = options.DeduplicationWindow > TimeSpan.Zero,
        ExpectedVersions = !options.DeleteOnAck,
        Patterns = true,
        History = !options.DeleteOnAck,
        Lease = options.Lease,
    };
}
