namespace RedisMessaging.Transports;

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
    public static IReadOnlyList<string> SharedSettingNames { get; } = [nameof(TopicOptions.Key), nameof(TopicOptions.Format), nameof(TopicOptions.UnknownTypes), nameof(TopicOptions.OnExpired), nameof(TopicOptions.DeadLetterLimit), nameof(TopicOptions.DeadLetterMaxAge), nameof(TopicOptions.DeduplicationWindow),
        nameof(TopicOptions.WaitForReplicas), nameof(TopicOptions.ReplicationTimeout)];

    public static void RequireLease(string topic, TimeSpan lease)
    {
        if (lease < ShortestLease || lease > LongestLease)
        {
            throw new RedisMessagingConfigurationException($"Topic '{topic}': Lease is {lease}; it must be between {ShortestLease} and {LongestLease}.");
        }
    }
}
