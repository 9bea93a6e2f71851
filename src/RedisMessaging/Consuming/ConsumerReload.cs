using Microsoft.Extensions.Logging;
using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Configuration.Reload;
using RedisMessaging.Consuming.Pausing;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Topics;

namespace RedisMessaging.Consuming;

/// <summary>Has a running consumer follow the configuration, as far as it can.</summary>
/// <param name="consumer">As it was opened.</param>
/// <param name="limiter">The consumer's.</param>
/// <param name="use">Has its pump and its handlers use the settings of the same consumer, as it is configured by now.</param>
/// <param name="logger">For what changes, and for what does not.</param>
internal sealed class ConsumerReload(
    ConsumerDefinition consumer,
    HandlerStartLimiter limiter,
    Action<ConsumerDefinition> use,
    ILogger logger)
{
    private IReadOnlyList<ConsumerOptions> _options = consumer.Options;

    public string Topic => consumer.Topic.Name;

    public string Group => consumer.Group;

    /// <summary>Reads the configuration again. One call at a time.</summary>
    /// <exception cref="RedisMessagingConfigurationException">It can't be used. Nothing has changed.</exception>
    public void Follow()
    {
        if (consumer.Reconfigured?.Invoke() is not { } next)
        {
            return;
        }

        var changes = ConsumerChanges.Between(_options, next.Options);
        _options = next.Options;
        if (changes.AtOnce.Count > 0)
        {
            Use(next);
            Log.ReloadUsed(logger, consumer.Address, Group, string.Join(", ", changes.AtOnce));
        }

        if (changes.AtRestart.Count > 0)
        {
            Log.ReloadOfConsumerNeedsRestart(logger, consumer.Address, Group, string.Join(", ", changes.AtRestart));
        }
    }

    private void Use(ConsumerDefinition next)
    {
        foreach (var (type, handler) in consumer.Handlers)
        {
            handler.Options = next.Handlers[type].Options;
        }

        limiter.Limit(next.RateLimit);
        use(next);
        limiter.Set(PauseReason.Configuration, next.Paused);
    }
}
