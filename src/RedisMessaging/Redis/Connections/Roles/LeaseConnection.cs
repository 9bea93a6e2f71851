using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Consuming.Leases;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Sockets;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Connections.Roles;

/// <summary>
/// The connection that leases are renewed over. Its replies are read by threads of its own (<see cref="OwnThreadTunnel"/>). While it is not
/// there, renewals go over the command connection.
/// </summary>
/// <param name="open">Opens a connection, connected or not.</param>
/// <param name="command">The command connection.</param>
internal sealed class LeaseConnection(
    Func<Task<ConnectionMultiplexer>> open,
    Func<IConnectionMultiplexer> command,
    ILogger logger) : ILeaseConnection, IAsyncDisposable
{
    private readonly Lock _lock = new();
    private volatile ConnectionMultiplexer? _own;
    private Task _opening = Task.CompletedTask;
    private bool _isDisposed;

    /// <summary>Throws nothing: renewals go over the command connection then.</summary>
    public async Task OpenAsync()
    {
        try
        {
            var own = await open().ConfigureAwait(false);
            _own = own;
            if (!own.IsConnected)
            {
                Log.LeasesWithoutConnection(logger, "it is not connected yet", null);
            }
        }
        catch (Exception error)
        {
            Log.LeasesWithoutConnection(logger, BoundedText.MessageOf(error), error);
        }
    }

    public RedisResult Evaluate(string script, RedisKey[] keys, RedisValue[] values)
    {
        if (_own is { IsConnected: true } own)
        {
            try
            {
                return own.GetDatabase().ScriptEvaluate(script, keys, values);
            }
            catch (Exception error) when (
                error is RedisConnectionException or RedisCommandException or TimeoutException or InvalidOperationException)
            {
                // Half open, perhaps: what can't be told apart from a slow server is replaced when that answers the other way.
                var result = command().GetDatabase().ScriptEvaluate(script, keys, values);
                Replace(own, error);
                return result;
            }
        }

        return command().GetDatabase().ScriptEvaluate(script, keys, values);
    }

    public async ValueTask DisposeAsync()
    {
        Task opening;
        lock (_lock)
        {
            _isDisposed = true;
            opening = _opening;
        }

        await opening.ConfigureAwait(false);
        if (_own is { } own)
        {
            await CloseAsync(own).ConfigureAwait(false);
        }
    }

    private static async Task CloseAsync(ConnectionMultiplexer connection)
    {
        await connection.CloseAsync(allowCommandsToComplete: false).ConfigureAwait(false);
        await connection.DisposeAsync().ConfigureAwait(false);
    }

    private void Replace(ConnectionMultiplexer silent, Exception error)
    {
        lock (_lock)
        {
            if (_own == silent && error is TimeoutException && _opening.IsCompleted && !_isDisposed)
            {
                _own = null;
                Log.LeaseConnectionReplaced(logger, error);
                _opening = BackgroundLoop.Run(async () =>
                {
                    await CloseAsync(silent).ConfigureAwait(false);
                    await OpenAsync().ConfigureAwait(false);
                });
            }
        }
    }
}
