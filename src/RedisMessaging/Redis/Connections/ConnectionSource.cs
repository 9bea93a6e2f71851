using System.Net;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Connections;

/// <summary>What the user handed over to connect with.</summary>
internal sealed class ConnectionSource
{
    private readonly ConfigurationOptions? _options;
    private readonly Func<CancellationToken, Task<IConnectionMultiplexer>>? _factory;
    private readonly Func<IConnectionMultiplexer>? _existing;

    private ConnectionSource(
        ConfigurationOptions? options,
        Func<CancellationToken, Task<IConnectionMultiplexer>>? factory,
        Func<IConnectionMultiplexer>? existing)
    {
        _options = options;
        _factory = factory;
        _existing = existing;
    }

    /// <summary>Gets the user's own connection, if that was handed over: used, never disposed.</summary>
    public Func<IConnectionMultiplexer>? Existing => _existing;

    /// <summary>What to open all connections with, when that was handed over; not for changing.</summary>
    public ConfigurationOptions? Options => _options;

    public Func<CancellationToken, Task<IConnectionMultiplexer>>? Factory => _factory;

    /// <param name="connection">A connection string as StackExchange.Redis reads it, or a <c>redis://</c> URL.</param>
    /// <param name="origin">Where it comes from, for the text of an error.</param>
    /// <exception cref="RedisMessagingConfigurationException">It can't be read.</exception>
    public static ConnectionSource From(string connection, string? origin = null)
    {
        var options = ConnectionText.Parse(connection, origin);
        // A string can't say how to reconnect, and the default waits for seconds after the second failure.
        options.ReconnectRetryPolicy = new LinearRetry(500);
        return new ConnectionSource(options, null, null);
    }

    public static ConnectionSource From(ConfigurationOptions options) => new(options.Clone(), null, null);

    public static ConnectionSource From(Func<CancellationToken, Task<IConnectionMultiplexer>> factory) => new(null, factory, null);

    public static ConnectionSource From(Func<IConnectionMultiplexer> existing) => new(null, null, existing);

    /// <summary>
    /// The servers to connect to, in parentheses; nothing where they are not known. What else a connection string says may be a password.
    /// </summary>
    /// <param name="command">The connection that was handed over, if it was.</param>
    public string DescribeServers(IConnectionMultiplexer? command)
    {
        var servers = _options?.EndPoints.AsEnumerable() ?? command?.GetEndPoints(configuredOnly: true) ?? [];
        var names = string.Join(
            ", ",
            servers.Select(server => server is DnsEndPoint dns ? $"{dns.Host}{(dns.Port == 0 ? "" : $":{dns.Port}")}" : server.ToString()));
        return names.Length == 0 ? "" : $" ({names})";
    }

    /// <summary>
    /// A fresh copy of the options to open connections of our own with. Of a multiplexer only its configuration string is public: what a
    /// string can't hold (certificates, tunnels, token providers) has to be given as <c>BlockingConnectionOptions</c>.
    /// </summary>
    /// <exception cref="RedisMessagingConfigurationException">The configuration string of a multiplexer can't be read back.</exception>
    public ConfigurationOptions CopyOptions(IConnectionMultiplexer? command)
    {
        if (_options is not null)
        {
            return _options.Clone();
        }

        var configuration = (
            command ?? throw new InvalidOperationException("There is no connection yet to copy the options of.")).Configuration;
        try
        {
            return ConfigurationOptions.Parse(configuration);
        }
        catch (Exception error) when (error is ArgumentException or FormatException)
        {
            // Neither the string nor the error is passed on: they may hold a password.
            throw new RedisMessagingConfigurationException(
                "The configuration string of the IConnectionMultiplexer that was handed over can't be read back; a password with a comma "
                + "does that. "
                + "Set BlockingConnectionOptions to the full ConfigurationOptions, or give AddRedisMessaging the ConfigurationOptions "
                + "instead of the connection.");
        }
    }
}
