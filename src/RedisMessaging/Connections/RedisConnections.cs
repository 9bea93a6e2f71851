using Microsoft.Extensions.Logging;
using RedisMessaging.Diagnostics;
using StackExchange.Redis;

namespace RedisMessaging.Connections;

/// <summary>
/// The bus's connections: one for commands (the user's or ours), one for Pub/Sub subscriptions, and one for each loop that blocks.
/// </summary>
internal sealed class RedisConnections(ConnectionSettings settings, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private static readonly Version OldestServer = new(7, 0);

    private readonly SemaphoreSlim _connecting = new(1, 1);
    private IConnectionMultiplexer? _command;
    private ConnectionMultiplexer? _subscriptions;
    private bool _mayUse;
    private int _blockingCount;
    private bool _disposed;

    /// <summary>The command connection's database. Connect first.</summary>
    public IDatabase Database => (_command ?? throw new InvalidOperationException("Not connected yet.")).GetDatabase();

    /// <summary>Whether a server has answered and is one we can work with. False after a start without Redis.</summary>
    public bool IsServerChecked { get; private set; }

    public bool IsCluster => _command?.GetServers().Any(server => server.ServerType == ServerType.Cluster) ?? false;

    /// <summary>The command connection, tried for until StartTimeout is over.</summary>
    /// <exception cref="RedisMessagingConnectionException">Redis stayed away.</exception>
    /// <exception cref="RedisMessagingConfigurationException">Redis is there, but refuses us or is too old.</exception>
    public ValueTask<IDatabase> ConnectAsync(CancellationToken cancellationToken)
    {
        return _command is { } command && _mayUse
            ? ValueTask.FromResult(command.GetDatabase())
            : new ValueTask<IDatabase>(ConnectSlowlyAsync(cancellationToken));
    }

    /// <summary>Asks the server whether it is there, and new enough.</summary>
    /// <exception cref="RedisMessagingConfigurationException">It is too old.</exception>
    public async Task CheckServerAsync()
    {
        var database = Database;
        await database.PingAsync().ConfigureAwait(false);
        string info;
        try
        {
            info = (string?)await database.ExecuteAsync("INFO", "server").ConfigureAwait(false) ?? "";
        }
        catch (Exception error) when (error is RedisCommandException or RedisServerException && RedisErrors.Classify(error) is RedisErrorKind.NoPermission or RedisErrorKind.Other)
        {
            Log.ServerVersionUnknown(logger, error);
            IsServerChecked = true;
            return;
        }

        const string field = "redis_version:";
        var start = info.IndexOf(field, StringComparison.Ordinal);
        if (start >= 0)
        {
            var text = info.AsSpan(start + field.Length);
            var end = text.IndexOfAny('\r', '\n');
            if (Version.TryParse(end < 0 ? text : text[..end], out var version) && version < OldestServer)
            {
                throw new RedisMessagingConfigurationException($"The server is Redis {version}; RedisMessaging needs Redis 7.0 or Valkey 7.2 at least. Upgrade the server.");
            }
        }

        IsServerChecked = true;
    }

    /// <summary>The connection Pub/Sub subscriptions live on; apart from the commands', so that a flood of messages delays no ack.</summary>
    public async ValueTask<ISubscriber> GetSubscriberAsync(CancellationToken cancellationToken)
    {
        await ConnectAsync(cancellationToken).ConfigureAwait(false);
        await _connecting.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            _subscriptions ??= await ConnectionMultiplexer.ConnectAsync(OwnConnectionOptions.ForSubscriptions(CopyOptions(), settings.ClientName)).ConfigureAwait(false);
            return _subscriptions.GetSubscriber();
        }
        finally
        {
            _connecting.Release();
        }
    }

    /// <summary>A connection of its own for one loop that blocks.</summary>
    /// <param name="purpose">What it reads, for its name in CLIENT LIST.</param>
    /// <param name="longestBlock">No blocking call on it may ask for more.</param>
    public async ValueTask<BlockingConnection> OpenBlockingAsync(string purpose, TimeSpan longestBlock, CancellationToken cancellationToken)
    {
        await ConnectAsync(cancellationToken).ConfigureAwait(false);
        var clientName = $"{settings.ClientName}/{purpose}/{Interlocked.Increment(ref _blockingCount)}".Replace(' ', '_');
        var connection = new BlockingConnection(() => OwnConnectionOptions.ForBlocking(CopyOptions(), clientName, longestBlock), _command!, time, logger);
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (RedisException error) when (settings.Source.Existing is not null && settings.BlockingConnectionOptions is null)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw new RedisMessagingConfigurationException(
                "A connection of our own for blocking reads could not be opened with the configuration string of the IConnectionMultiplexer that was handed over. "
                + "Certificates, tunnels and token providers are not in that string: set BlockingConnectionOptions to the full ConfigurationOptions.",
                error);
        }

        return connection;
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (_subscriptions is not null)
        {
            await _subscriptions.DisposeAsync().ConfigureAwait(false);
        }

        if (_command is not null && settings.Source.Existing is null)
        {
            await _command.DisposeAsync().ConfigureAwait(false);
        }

        _connecting.Dispose();
    }

    private ConfigurationOptions CopyOptions() => settings.BlockingConnectionOptions?.Clone() ?? settings.Source.CopyOptions(_command);

    private async Task<IDatabase> ConnectSlowlyAsync(CancellationToken cancellationToken)
    {
        await _connecting.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var backoff = new Backoff(time, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(2));
            var started = time.GetTimestamp();
            while (true)
            {
                try
                {
                    _command ??= await OpenCommandConnectionAsync(cancellationToken).ConfigureAwait(false);
                    await CheckServerAsync().ConfigureAwait(false);
                    _mayUse = true;
                    return _command.GetDatabase();
                }
                catch (Exception error) when (error is RedisException or TimeoutException)
                {
                    if (RedisErrors.Classify(error) is RedisErrorKind.Authentication or RedisErrorKind.NoPermission)
                    {
                        throw new RedisMessagingConfigurationException($"Redis refused the user or the password: check the connection's user and password, and the ACL rules of that user. Redis said: {error.Message}", error);
                    }

                    var waited = time.GetElapsedTime(started);
                    if (settings.StartWithoutRedis && _command is not null)
                    {
                        Log.StartedWithoutRedis(logger, error);
                        _mayUse = true;
                        return _command.GetDatabase();
                    }

                    if (waited >= settings.StartTimeout)
                    {
                        throw new RedisMessagingConnectionException(
                            $"Redis could not be reached for {waited.TotalSeconds:0.#} s (StartTimeout). Check the connection string and that the server runs, or set StartWithoutRedis to connect later. The last error: {error.Message}",
                            error);
                    }

                    Log.ConnectRetry(logger, waited.TotalSeconds, settings.StartTimeout.TotalSeconds, error);
                    await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            _connecting.Release();
        }
    }

    private async Task<IConnectionMultiplexer> OpenCommandConnectionAsync(CancellationToken cancellationToken)
    {
        if (settings.Source.Existing is { } existing)
        {
            return existing;
        }

        if (settings.Source.Factory is { } factory)
        {
            return await factory(cancellationToken).ConfigureAwait(false);
        }

        var options = OwnConnectionOptions.ForCommands(settings.Source.CopyOptions(null), settings.ClientName);
        // With true a wrong password is told at once; it matters only for the first connect.
        options.AbortOnConnectFail = !settings.StartWithoutRedis;
        options.ConnectRetry = 1;
        return await ConnectionMultiplexer.ConnectAsync(options).ConfigureAwait(false);
    }
}
