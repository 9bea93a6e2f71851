using StackExchange.Redis;

namespace RedisMessaging.Connections;

/// <summary>What the user handed over to connect with.</summary>
internal sealed class ConnectionSource
{
    private readonly ConfigurationOptions? _options;
    private readonly Func<CancellationToken, Task<IConnectionMultiplexer>>? _factory;
    private readonly IConnectionMultiplexer? _existing;

    private ConnectionSource(ConfigurationOptions? options, Func<CancellationToken, Task<IConnectionMultiplexer>>? factory, IConnectionMultiplexer? existing)
    {
        _options = options;
        _factory = factory;
        _existing = existing;
    }

    /// <summary>The user's own connection: used, never disposed.</summary>
    public IConnectionMultiplexer? Existing => _existing;

    /// <summary>What to open all connections with, when that was handed over; not for changing.</summary>
    public ConfigurationOptions? Options => _options;

    public Func<CancellationToken, Task<IConnectionMultiplexer>>? Factory => _factory;

    public static ConnectionSource From(string connection)
    {
        if (string.IsNullOrWhiteSpace(connection))
        {
            throw new RedisMessagingConfigurationException("The Redis connection string is empty. Give one like \"localhost:6379\", or set Connection in the configuration section.");
        }

        try
        {
            var options = ConfigurationOptions.Parse(connection);
            // A string can't say how to reconnect, and the default waits for seconds after the second failure.
            options.ReconnectRetryPolicy = new LinearRetry(500);
            return new ConnectionSource(options, null, null);
        }
        catch (ArgumentException error)
        {
            // The text may hold a password: it is not repeated.
            throw new RedisMessagingConfigurationException($"The Redis connection string can't be read: {error.Message}", error);
        }
    }

    public static ConnectionSource From(ConfigurationOptions options) => new(options.Clone(), null, null);

    public static ConnectionSource From(Func<CancellationToken, Task<IConnectionMultiplexer>> factory) => new(null, factory, null);

    public static ConnectionSource From(IConnectionMultiplexer existing) => new(null, null, existing);

    /// <summary>
    /// A fresh copy of the options to open connections of our own with. Of a multiplexer only its configuration string is public: what a string can't
    /// hold (certificates, tunnels, token providers) has to be given as <c>BlockingConnectionOptions</c>.
    /// </summary>
    public ConfigurationOptions CopyOptions(IConnectionMultiplexer? command) => _options?.Clone()
        ?? ConfigurationOptions.Parse((command ?? throw new InvalidOperationException("There is no connection yet to copy the options of.")).Configuration);
}
