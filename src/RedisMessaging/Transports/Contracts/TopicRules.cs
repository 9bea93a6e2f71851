using RedisMessaging.Configuration.Settings.Types;

namespace RedisMessaging.Transports.Contracts;

/// <summary>Checks that several transports make.</summary>
internal static class TopicRules
{
    private static readonly TimeSpan ShortestLease = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestLease = TimeSpan.FromDays(1);

    public static void RequireDefined<T>(string topic, string option, T value)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
        {
            throw new RedisMessagingConfigurationException($"Topic '{topic}': {option} is '{value}'; use one of {string.Join(", ", Enum.GetNames<T>())}.");
        }
    }

    /// <summary>The settings that every topic has.</summary>
    public static IReadOnlyList<Setting> SharedSettings { get; } =
    [
        new Setting<TopicOptions, string?>(nameof(TopicOptions.Key), SettingTypes.OptionalText, o => o.Key, (o, v) => o.Key = v),
        new Setting<TopicOptions, MessageFormat>(nameof(TopicOptions.Format), SettingTypes.Word<MessageFormat>(), o => o.Format, (o, v) => o.Format = v),
        new Setting<TopicOptions, UnknownTypePolicy>(nameof(TopicOptions.UnknownTypes), SettingTypes.Word<UnknownTypePolicy>(), o => o.UnknownTypes, (o, v) => o.UnknownTypes = v),
        new Setting<TopicOptions, ExpiredPolicy>(nameof(TopicOptions.OnExpired), SettingTypes.Word<ExpiredPolicy>(), o => o.OnExpired, (o, v) => o.OnExpired = v),
        new Setting<TopicOptions, int>(nameof(TopicOptions.DeadLetterLimit), SettingTypes.Number, o => o.DeadLetterLimit, (o, v) => o.DeadLetterLimit = v),
        new Setting<TopicOptions, TimeSpan?>(nameof(TopicOptions.DeadLetterMaxAge), SettingTypes.OptionalDuration, o => o.DeadLetterMaxAge, (o, v) => o.DeadLetterMaxAge = v),
        new Setting<TopicOptions, TimeSpan>(nameof(TopicOptions.DeduplicationWindow), SettingTypes.Duration, o => o.DeduplicationWindow, (o, v) => o.DeduplicationWindow = v),
        new Setting<TopicOptions, int>(nameof(TopicOptions.WaitForReplicas), SettingTypes.Number, o => o.WaitForReplicas, (o, v) => o.WaitForReplicas = v),
        new Setting<TopicOptions, TimeSpan>(nameof(TopicOptions.ReplicationTimeout), SettingTypes.Duration, o => o.ReplicationTimeout, (o, v) => o.ReplicationTimeout = v),
    ];

    /// <summary>Options that every topic has and that change nothing beside the others, on a transport that stores messages.</summary>
    public static IEnumerable<OptionWithoutEffect> FindWithoutEffect(TopicOptions options, TopicOptions defaults)
    {
        if (options.WaitForReplicas == 0 && options.ReplicationTimeout != defaults.ReplicationTimeout)
        {
            yield return new(nameof(TopicOptions.ReplicationTimeout), "WaitForReplicas is 0. Set WaitForReplicas, or leave ReplicationTimeout out.");
        }

        if (options.Format == MessageFormat.Raw && options.UnknownTypes != defaults.UnknownTypes)
        {
            yield return new(nameof(TopicOptions.UnknownTypes), "with Format = Raw every message is of the topic's one type. Leave UnknownTypes out.");
        }

        if (options.Format == MessageFormat.Raw && options.OnExpired != defaults.OnExpired)
        {
            yield return new(nameof(TopicOptions.OnExpired), "with Format = Raw a message has no TimeToLive and never expires. Leave OnExpired out.");
        }
    }

    public static void RequireLease(string topic, TimeSpan lease)
    {
        if (lease < ShortestLease || lease > LongestLease)
        {
            throw new RedisMessagingConfigurationException($"Topic '{topic}': Lease is {lease}; it must be between {ShortestLease} and {LongestLease}.");
        }
    }
}
