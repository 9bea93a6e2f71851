using System.Net;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Connections.Roles;

/// <summary>The connection of Pub/Sub subscriptions. It is not the command connection, so that a flood of messages delays no ack.</summary>
internal sealed class SubscriptionConnection(
    ConnectionSettings settings,
    CommandConnection command,
    ConnectionOpening opening,
    OwnConnectionProbe probe) : IAsyncDisposable
{
    private ConnectionMultiplexer? _connection;

    /// <summary>With RESP3, subscriptions use the socket of commands.</summary>
    private volatile bool _oneSocket;

    /// <summary>A connection that carries subscriptions was lost. Raised on a thread of the pool, maybe late.</summary>
    public event Action<EndPoint?>? Lost;

    /// <summary>
    /// A connection that carries subscriptions is there (again), and subscribes to them. Raised on a thread of the pool, maybe late.
    /// </summary>
    public event Action<EndPoint?>? Restored;

    /// <summary>How many sockets subscriptions have had so far: more mean that one was replaced.</summary>
    public long Sockets => _connection?.GetCounters() is { } counters
        ? counters.Interactive.SocketCount + counters.Subscription.SocketCount
        : 0;

    public async ValueTask<ISubscriber> ConnectAsync(CancellationToken cancellationToken)
    {
        await command.ConnectAsync(cancellationToken).ConfigureAwait(false);
        return await opening.RunAsync(
            async _ =>
            {
                _connection ??= await OpenAsync().ConfigureAwait(false);
                if (!_connection.IsConnected)
                {
                    await probe.RequireAsync().ConfigureAwait(false);
                }

                RecordProtocol(_connection);
                return _connection.GetSubscriber();
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

    private async Task<ConnectionMultiplexer> OpenAsync()
    {
        var options = OwnConnectionOptions.ForSubscriptions(probe.CopyOptions(), settings.ClientName);
        var connection = await Multiplexers.ConnectAsync(options).ConfigureAwait(false);
        connection.ConnectionFailed += (_, e) =>
        {
            if (CarriesSubscriptions(e))
            {
                Lost?.Invoke(e.EndPoint);
            }
        };
        connection.ConnectionRestored += (_, e) =>
        {
            RecordProtocol(connection);
            if (CarriesSubscriptions(e))
            {
                Restored?.Invoke(e.EndPoint);
            }
        };
        return connection;
    }

    private void RecordProtocol(ConnectionMultiplexer connection)
    {
        if (connection.GetServers().FirstOrDefault(server => server.IsConnected) is { } server)
        {
            _oneSocket = server.Protocol is RedisProtocol.Resp3;
        }
    }

    private bool CarriesSubscriptions(ConnectionFailedEventArgs e) => e.ConnectionType == ConnectionType.Subscription || _oneSocket;
}
