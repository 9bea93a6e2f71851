using RedisMessaging.Configuration.Buses;
using RedisMessaging.Consuming.Batches;
using RedisMessaging.Consuming.Handlers;
using RedisMessaging.Consuming.Pausing;
using RedisMessaging.Topics;

namespace RedisMessaging.Configuration.Handlers;

/// <summary>A handler with its options.</summary>
internal sealed record HandlerDefinition(HandlerBinding Binding, ConsumerOptions Options)
{
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(1);

    /// <summary>A reload of the configuration replaces them.</summary>
    public ConsumerOptions Options { get; set; } = Options;

    /// <summary>The call that added it.</summary>
    public CallPlace? Place { get; init; }

    public RetryOptions Retry => Options.Retry;

    public TimeSpan? Timeout => Options.HandlerTimeout;

    /// <summary>What pauses the consumer.</summary>
    public IReadOnlyList<PauseRule> PauseRules => Options.PauseRules;

    /// <summary>Of a batch handler.</summary>
    public IBatchOptions? Batch => Options as IBatchOptions;

    /// <summary>The topic it was registered for, if it was named.</summary>
    public string? Topic => (Options as HandlerOptions)?.Topic;

    public void Validate(string topic)
    {
        Retry.Validate(topic, Binding.Name);
        foreach (var rule in PauseRules)
        {
            rule.Validate(topic, Binding.Name);
        }

        if (Batch is not null)
        {
            BatchLimits.Validate(Batch, topic, Binding.Name);
        }

        if (Timeout is { } timeout && (timeout <= TimeSpan.Zero || timeout > LongestTimeout))
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic}', {Binding.Name}: HandlerTimeout is {timeout}; it must be above 0 and {LongestTimeout} at most, or null "
                + "for no limit.");
        }
    }
}
