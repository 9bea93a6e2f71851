using Microsoft.Extensions.Logging;
using RedisMessaging.Configuration.Settings;
using RedisMessaging.Configuration.Settings.Types;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Configuration.Topics;

/// <summary>Turns what the code registered and what configuration says into a topic.</summary>
internal static class TopicSettings
{
    private const int MostReplicas = 100;
    private static readonly TimeSpan LongestDeduplicationWindow = TimeSpan.FromDays(7);
    private static readonly TimeSpan LongestReplicationTimeout = TimeSpan.FromMinutes(1);

    public const string Transport = "Transport";

    /// <param name="configured">What the configuration says of the topic.</param>
    /// <exception cref="RedisMessagingConfigurationException">A setting is unknown, can't be read, is out of bounds, or has no
    /// effect.</exception>
    public static TopicDefinition Resolve(TopicRegistration registration, IReadOnlyList<ConfiguredValue> configured, ILogger logger)
    {
        var name = registration.Name;
        var coded = TransportCatalog.Get(registration.Transport);
        var factory = ParseTransport(name, configured) is { } kind ? TransportCatalog.Get(kind) : coded;
        var withoutEffect = coded.FindWithoutEffect(registration.Options).Select(option => option.Name).ToList();
        var options = registration.Options;
        if (factory != coded)
        {
            options = factory.CreateOptions();
            // Options that both transports have were not meant for the former one alone.
            registration.Options.CopySharedTo(options);
        }

        ConfiguredValues.RequireOneForm($"Topic '{name}'", configured);
        var unread = ConfiguredValues.ReadInto(options, factory.Settings, configured, $"Topic '{name}': ");
        foreach (var value in unread.Where(value => !value.Name.Equals(Transport, StringComparison.OrdinalIgnoreCase)))
        {
            ReadForOtherTransport(name, value);
        }

        try
        {
            Validate(name, factory, options);
            CheckEffects(name, factory, options, withoutEffect: factory == coded ? withoutEffect : []);
        }
        catch (RedisMessagingConfigurationException error)
        {
            throw ConfiguredValues.NamePath(error, configured);
        }

        LogIgnored(registration, coded, factory, options, configured, logger);
        return new TopicDefinition(name, factory, options, registration.Options.GetMessageTypes());
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
            throw new RedisMessagingConfigurationException(
                $"Topic '{name}': DeadLetterLimit is {options.DeadLetterLimit}; it must be 1 at least.");
        }

        if (options.DeduplicationWindow < TimeSpan.Zero || options.DeduplicationWindow > LongestDeduplicationWindow)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{name}': DeduplicationWindow is {options.DeduplicationWindow}; it must be between 0 (remember no ids) and "
                + $"{LongestDeduplicationWindow.TotalDays} days.");
        }

        if (options.WaitForReplicas is < 0 or > MostReplicas)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{name}': WaitForReplicas is {options.WaitForReplicas}; it must be between 0 (do not wait) and {MostReplicas}.");
        }

        if (options.ReplicationTimeout < TimeSpan.FromMilliseconds(1) || options.ReplicationTimeout > LongestReplicationTimeout)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{name}': ReplicationTimeout is {options.ReplicationTimeout}; it must be between 1 ms and "
                + $"{LongestReplicationTimeout}.");
        }

        if (options.DeadLetterMaxAge <= TimeSpan.Zero)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{name}': DeadLetterMaxAge is {options.DeadLetterMaxAge}; it must be longer than zero, or null to keep dead "
                + "letters of any age.");
        }

        factory.Validate(name, options);
    }

    /// <summary>The transport that the configuration names, as a setting or as the topic's only word.</summary>
    private static TransportKind? ParseTransport(string topic, IReadOnlyList<ConfiguredValue> configured)
    {
        var words = configured.Where(value => value.Name.Equals(Transport, StringComparison.OrdinalIgnoreCase)).ToList();
        if (words.Count == 0)
        {
            return null;
        }

        if (words.Count > 1 && !string.Equals(words[0].Text, words[1].Text, StringComparison.OrdinalIgnoreCase))
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic}': {string.Join(" and ", words.Select(word => $"{word.Path} is {word.Show()}"))}: each names the topic's "
                + "transport. Leave one of them out.");
        }

        var type = SettingTypes.Word<TransportKind>();
        return type.TryRead(words[0].Text, out var kind)
            ? kind
            : throw new RedisMessagingConfigurationException(
                $"Topic '{topic}': {Transport} is {words[0].Show()} in the configuration ({words[0].Path}); {type.Explain(words[0].Text)}");
    }

    /// <summary>
    /// Settings of a transport that is not chosen may stay, so that one word changes it; they have to be readable all the same.
    /// </summary>
    private static void ReadForOtherTransport(string topic, ConfiguredValue value)
    {
        foreach (var other in TransportCatalog.All)
        {
            if (other.Settings.FirstOrDefault(setting => setting.IsNamed(value.Name)) is { } setting)
            {
                setting.Read(other.CreateOptions(), value, $"Topic '{topic}': ");
                return;
            }
        }

        throw UnknownSettings.OfTopic(value, topic);
    }

    /// <summary>Options that have no effect, by code alone.</summary>
    private static void CheckEffects(string topic, ITransportFactory factory, TopicOptions options, IReadOnlyList<string> withoutEffect)
    {
        if (factory.FindWithoutEffect(options).FirstOrDefault(option => withoutEffect.Contains(option.Name)) is { } option)
        {
            throw new RedisMessagingConfigurationException($"Topic '{topic}': {option.Name} is set, but has no effect: {option.Why}");
        }
    }

    /// <summary>
    /// Options that lost their effect when the configuration chose another transport, and settings of a transport that is not chosen: one
    /// line each.
    /// </summary>
    private static void LogIgnored(
        TopicRegistration registration,
        ITransportFactory coded,
        ITransportFactory factory,
        TopicOptions options,
        IReadOnlyList<ConfiguredValue> configured,
        ILogger logger)
    {
        var idle = factory.FindWithoutEffect(options).Select(option => option.Name).ToList();
        bool IsConfigured(string codeName) =>
            configured.Any(value => value.Name.Replace(':', '.').Equals(codeName, StringComparison.OrdinalIgnoreCase));
        bool IsIgnored(string name) => !factory.Settings.Any(setting => setting.IsNamed(name));

        var settings = configured
            .Where(
                value => !value.Name.Equals(Transport, StringComparison.OrdinalIgnoreCase)
                    && (IsIgnored(value.Name) || idle.Contains(value.Name.Replace(':', '.'), StringComparer.OrdinalIgnoreCase)))
            .Select(value => value.Path)
            .ToList();
        if (settings.Count > 0)
        {
            Log.SettingsIgnored(logger, registration.Name, factory.Kind, string.Join(", ", settings));
        }

        var defaults = coded.CreateOptions();
        var lost = coded.Settings
            .Where(setting => IsIgnored(setting.Name) && !Equals(setting.Get(registration.Options), setting.Get(defaults)))
            .Select(setting => setting.CodeName)
            .Concat(idle.Where(name => !IsConfigured(name)))
            .ToList();
        if (lost.Count > 0 && factory != coded)
        {
            Log.TransportOptionsIgnored(logger, registration.Name, registration.Transport, factory.Kind, string.Join(", ", lost));
        }
        else if (lost.Count > 0)
        {
            Log.OptionsIgnored(logger, registration.Name, string.Join(", ", lost));
        }
    }
}
