using RedisMessaging.Configuration.Handlers;

namespace RedisMessaging.Consuming.Batches;

/// <summary>What a batch may be.</summary>
internal static class BatchLimits
{
    public const int DefaultSize = 100;

    public static readonly TimeSpan DefaultWait = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan MaxWait = TimeSpan.FromHours(1);

    public static void Validate(IBatchOptions options, string topic, string handler)
    {
        if (options.BatchSize is < 1 or > ConsumerDefinition.MaxPrefetch)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic}', {handler}: BatchSize is {options.BatchSize}; it must be between 1 and "
                    + $"{ConsumerDefinition.MaxPrefetch}.");
        }

        if (options.BatchWait < TimeSpan.Zero || options.BatchWait > MaxWait)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic}', {handler}: BatchWait is {options.BatchWait}; it must be between 0 (do not wait) and {MaxWait}.");
        }
    }
}
