using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using RedisMessaging.Configuration.Settings;
using RedisMessaging.Diagnostics.Logging;

namespace RedisMessaging.Configuration.Reload;

/// <summary>
/// Follows what the configuration says of the bus as a whole. All of it takes a restart, which is logged. Where the changed settings would
/// fail that restart, the error is logged in its place.
/// </summary>
internal sealed class BusSettingsReload
{
    private readonly IConfiguration _configuration;
    private readonly IConfiguration? _root;
    private readonly IReadOnlyCollection<string> _topics;
    private readonly ILogger _logger;
    private IReadOnlyList<ConfiguredValue> _values;
    private ConfiguredValue? _named;

    /// <param name="configuration">What AddRedisMessaging was given.</param>
    /// <param name="root">The application's whole configuration, if it is known.</param>
    /// <param name="topics">The registered topics.</param>
    /// <param name="logger">For what changes.</param>
    public BusSettingsReload(IConfiguration configuration, IConfiguration? root, IReadOnlyCollection<string> topics, ILogger logger)
    {
        _configuration = configuration;
        _root = root;
        _topics = topics;
        _logger = logger;
        (_values, _named) = (BusSection.ValuesOf(_configuration), FindNamed());
    }

    /// <exception cref="RedisMessagingConfigurationException">A setting is unknown, can't be read, or is out of bounds.</exception>
    public void Follow()
    {
        var (before, named) = (_values, _named);
        (_values, _named) = (BusSection.ValuesOf(_configuration), FindNamed());
        var changed = ConfiguredValues.Differences(before, _values).ToList();
        if (named is not null && _named is not null && named.Path == _named.Path && named != _named)
        {
            changed.Add(named.Path);
        }

        if (changed.Count == 0)
        {
            return;
        }

        BusSection.RequireKnown(_values, _topics);
        BusSettings.Read(_configuration, new RedisMessagingOptions());
        Log.ReloadOfBusNeedsRestart(_logger, string.Join(", ", changed));
    }

    /// <summary>The connection string that the settings name, if they do.</summary>
    private ConfiguredValue? FindNamed() =>
        _configuration[BusSettings.Connection] is { } connection
        && NamedConnection.MayBeName(connection)
        && NamedConnection.Find(connection, [_root, _configuration as IConfigurationRoot]) is { } named
            ? new ConfiguredValue(BusSettings.Connection, named.Value, named.Path)
            : null;
}
