using StackExchange.Redis;

namespace RedisMessaging.Redis.Connections.Roles;

/// <summary>The connection for publishes that wait for replicas: a WAIT holds up what follows it on the same connection.</summary>
internal sealed class ConfirmedConnection(
    ConnectionSettings settings,
    CommandConnection command,
    ConnectionOpening opening,
    OwnConnectionProbe probe) : IAsyncDisposable
{
    private ConnectionMultiplexer? _connection;

    public async ValueTask<IDatabase> ConnectAsync(CancellationToken cancellationToken)
    {
        await command.ConnectAsync(cancellationToken).ConfigureAwait(false);
        if (_connection is { } confirmed)
        {
            return confirmed.GetDatabase();
        }

        return await opening.RunAsync(
            async _ =>
            {
                _connection ??= await OpenAsync().ConfigureAwait(false);
                if (!_connection.IsConnected)
                {
                    await probe.RequireAsync().ConfigureAwait(false);
                }

                return _connection.GetDatabase();
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private Task<ConnectionMultiplexer> OpenAsync() => Multiplexers.ConnectAsync(
        OwnConnectionOptions.ForConfirmed(probe.CopyOptions(), settings.ClientName, settings.LongestReplicationTimeout));
}
