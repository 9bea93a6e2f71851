using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using RedisMessaging.Configuration.Settings;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Consuming;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;

namespace RedisMessaging.Configuration.Reload;

/// <summary>
/// Follows the configuration while the bus runs. Running consumers use what they can at once. What takes a restart, and what can't be
/// read, is logged, and the bus keeps the settings that it has.
/// </summary>
internal sealed class ConfigurationReload : IDisposable
{
    private readonly IConfiguration _configuration;
    private readonly BusSettingsReload _bus;
    private readonly IReadOnlyList<TopicRegistration> _topics;
    private readonly ConfiguredHandlers _handlers;
    private readonly ConsumerHost _consumers;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private IDisposable? _registration;

    /// <param name="configuration">What AddRedisMessaging was given.</param>
    /// <param name="bus">The settings of the bus as a whole.</param>
    /// <param name="topics">The registered topics.</param>
    /// <param name="handlers">What consumers are configured with.</param>
    /// <param name="consumers">The consumers that run.</param>
    /// <param name="logger">For what changes.</param>
    public ConfigurationReload(
        IConfiguration configuration,
        BusSettingsReload bus,
        IReadOnlyList<TopicRegistration> topics,
        ConfiguredHandlers handlers,
        ConsumerHost consumers,
        ILogger logger)
    {
        _configuration = configuration;
        _bus = bus;
        _topics = topics;
        _handlers = handlers;
        _consumers = consumers;
        _logger = logger;
    }

    /// <summary>Follows changes, those since the bus was made included.</summary>
    public void Start()
    {
        lock (_lock)
        {
            _registration ??= ChangeToken.OnChange(_configuration.GetReloadToken, Follow);
        }

        Follow();
    }

    public void Dispose() => _registration?.Dispose();

    /// <summary>Throws nothing: it runs on the thread of whatever changed the configuration.</summary>
    private void Follow()
    {
        lock (_lock)
        {
            Try(_bus.Follow);
            Try(() => FollowTo(new ConfiguredTopics(_configuration.GetSection(BusSettings.Topics), _topics)));
        }
    }

    private void Try(Action follow)
    {
        try
        {
            follow();
        }
        catch (Exception error)
        {
            Log.ReloadRefused(_logger, BoundedText.MessageOf(error));
        }
    }

    private void FollowTo(ConfiguredTopics next)
    {
        var before = _handlers.Topics;
        _handlers.Topics = next;
        foreach (var topic in _topics.Select(topic => topic.Name))
        {
            if (ConfiguredValues.Differences(before.Of(topic), next.Of(topic)) is { Count: > 0 } settings)
            {
                Log.ReloadNeedsRestart(_logger, topic, string.Join(", ", settings));
            }

            if (ConfiguredValues.Differences(before.HandlersOf(topic), next.HandlersOf(topic)).Count > 0)
            {
                FollowTo(topic);
            }
        }
    }

    private void FollowTo(string topic)
    {
        var running = _consumers.RunningOn(topic);
        foreach (var consumer in running)
        {
            try
            {
                consumer.Follow();
            }
            catch (RedisMessagingConfigurationException error)
            {
                Log.ReloadRefused(_logger, BoundedText.MessageOf(error));
            }
        }

        _handlers.CheckOthers(topic, [.. running.Select(consumer => consumer.Group).Distinct()], _logger);
    }
}
