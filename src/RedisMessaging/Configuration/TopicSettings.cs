using Microsoft.Extensions.Configuration;
using RedisMessaging.Transports;

namespace RedisMessaging.Configuration;

/// <summary>Turns what the code registered and what configuration says into a topic.</summary>
internal static class TopicSettings
{
    private const int MostReplicas = 100;
    private static readonly TimeSpan LongestDeduplicationWindow = TimeSpan.FromDays(7);
    private static readonly TimeSpan LongestReplicationTimeout = TimeSpan.FromMinutes(1);

    /// <param name="topics">The configuration section <c>Topics</c>. Looked up by full key: a colon in a topic's name separates configuration keys, and a bound dictionary would cut it there.</param>
    public static TopicDefinition Resolve(TopicRegistration registration, IConfigurationSection? topics, Action<string, TransportKind, TransportKind> optionsIgnored)
    {
        var factory = TransportCatalog.Get(registration.Transport);
        var options = registration.Options;
        if (topics?.GetSection(registration.Name) is { } section && section.Exists())
        {
            if (section["Transport"] is { } configured)
            {
                var kind = ParseTransport(registration.Name, configured);
                if (kind != registration.Transport)
                {
                    factory = TransportCatalog.Get(kind);
                    options = factory.CreateOptions();
                    // What both have was not said of the former one alone.
                    registration.Options.CopySharedTo(options);
                    optionsIgnored(registration.Name, registration.Transport, kind);
                }
            }

            try
            {
                factory.Bind(section, options);
            }
            catch (InvalidOperationException error)
            {
                throw new RedisMessagingConfigurationException($"Topic '{registration.Name}': the configuration section '{section.Path}' can't be read: {error.Message}", error);
            }
        }

        Validate(registration.Name, factory, options);
        return new TopicDefinition(registration.Name, factory, options, registration.Options.GetMessageTypes());
    }

    public static void Validate(string name, ITransportFactory factory, TopicOptions options)
    {
        if (options.Key is { } key)
        {
            ExactKey.Validate(name, key, TopicName.IsPattern(name));
        }

        TopicRules.RequireDefined(name, nameof(TopicOptions.Format), options.Format);
        TopicRules.RequireDefined(name, nameof(TopicOptions.UnknownTypes), options.UnknownTypes);
        TopicRules.RequireDefined(name, nameof(TopicOptions.OnExpired), options.OnExpired);
        if (options.DeadLetterLimit < 1)
        {
            throw new RedisMessagingConfigurationException($"Topic '{name}': DeadLetterLimit is {options.DeadLetterLimit}; it must be 1 at least.");
        }

        if (options.DeduplicationWindow < TimeSpan.Zero || options.DeduplicationWindow > LongestDeduplicationWindow)
        {
            throw new RedisMessagingConfigurationException($"Topic '{name}': DeduplicationWindow is {options.DeduplicationWindow}; it must be between 0 (no ids are remembered) and {LongestDeduplicationWindow.TotalDays} days.");
        }

        if (options.WaitForReplicas is < 0 or > MostReplicas)
        {
            throw new RedisMessagingConfigurationException($"Topic '{name}': WaitForReplicas is {options.WaitForReplicas}; it must be between 0 (does not wait) and {MostReplicas}.");
        }

        if (options.ReplicationTimeout < TimeSpan.FromMilliseconds(1) || options.ReplicationTimeout > LongestReplicationTimeout)
        {
            throw new RedisMessagingConfigurationException($"Topic '{name}': ReplicationTimeout is {options.ReplicationTimeout}; it must be between 1 ms and {LongestReplicationTimeout}.");
        }

        if (options.DeadLetterMaxAge <= TimeSpan.Zero)
        {
            throw new RedisMessagingConfigurationException($"Topic '{name}': DeadLetterMaxAge is {options.DeadLetterMaxAge}; it must be longer than zero, or null to keep dead letters however old they are.");
        }

        factory.Validate(name, options);
    }

    private static TransportKind ParseTransport(string topic, string configured) =>
        Enum.TryParse<TransportKind>(configured, ignoreCase: true, out var kind) && Enum.IsDefined(kind) && !int.TryParse(configured, out _)
            ? kind
            : throw new RedisMessagingConfigurationException($"Topic '{topic}': Transport is '{configured}' in the configuration; use one of {string.Join(", ", Enum.GetNames<TransportKind>())}.");
}
