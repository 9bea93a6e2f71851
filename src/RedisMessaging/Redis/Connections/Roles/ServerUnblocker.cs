using System.Net;
using Microsoft.Extensions.Logging;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.ServerChecks;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Connections.Roles;

/// <summary>Ends the block of one connection's command with CLIENT UNBLOCK, over the command connection.</summary>
internal sealed class ServerUnblocker(Func<IConnectionMultiplexer> command, ClientCommandAccess client, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);

    private ClientIdentity? _identity;

    /// <summary>Whether the server has to be asked for the id of the connection.</summary>
    public bool NeedsIdentity => _identity is null && !client.IsDenied;

    /// <summary>The server knows the connection by another id from now on.</summary>
    public void ForgetIdentity() => _identity = null;

    /// <summary>Asks the server for the id of the connection.</summary>
    /// <param name="key">A key of the command that blocks: in a cluster it tells the node.</param>
    public async Task IdentifyAsync(RedisKey key, BlockingConnection connection) =>
        _identity = await AskIdentityAsync(key, connection).ConfigureAwait(false);

    /// <summary>Asks again and again until the call has ended, because the request races the block.</summary>
    /// <param name="longest">How long the call may take.</param>
    public async Task UnblockAsync(Task call, TimeSpan longest)
    {
        var started = time.GetTimestamp();
        while (!call.IsCompleted && time.GetElapsedTime(started) < longest)
        {
            if (_identity is { } identity && !client.IsDenied)
            {
                try
                {
                    if (FindServer(identity.Endpoint) is { } server)
                    {
                        await server.ExecuteAsync("CLIENT", "UNBLOCK", identity.Id, "TIMEOUT").ConfigureAwait(false);
                    }
                }
                catch (Exception error) when (RedisErrors.IsDenied(error))
                {
                    client.Deny(error);
                }
                catch (Exception error) when (RedisErrors.IsRedisFault(error))
                {
                    Log.UnblockFailed(logger, error);
                }
            }

            await Task.WhenAny(call, Task.Delay(Interval, time, CancellationToken.None)).ConfigureAwait(false);
        }
    }

    private async Task<ClientIdentity?> AskIdentityAsync(RedisKey key, BlockingConnection connection)
    {
        try
        {
            var endpoint = await connection.RunAsync("CLIENT", database => database.IdentifyEndpointAsync(key)).ConfigureAwait(false);
            if (endpoint is null)
            {
                return null;
            }

            var id = (long)await connection.RunAsync(
                "CLIENT",
                database => database.Multiplexer.GetServer(endpoint).ExecuteAsync("CLIENT", "ID")).ConfigureAwait(false);
            return new ClientIdentity(endpoint, id);
        }
        catch (Exception error) when (RedisErrors.IsDenied(error))
        {
            client.Deny(error);
            return null;
        }
    }

    /// <summary>
    /// The same server on the command connection, which may know it by another name: ours is the Sentinels' service, a user's an address.
    /// </summary>
    private IServer? FindServer(EndPoint endpoint)
    {
        var servers = command().GetServers();
        return Array.Find(servers, server => server.EndPoint.Equals(endpoint))
            ?? Array.Find(servers, server => server is { IsConnected: true, IsReplica: false, ServerType: ServerType.Standalone });
    }

    private sealed record ClientIdentity(EndPoint Endpoint, long Id);
}
