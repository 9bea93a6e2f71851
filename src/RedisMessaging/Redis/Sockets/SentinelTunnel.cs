using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace RedisMessaging.Redis.Sockets;

/// <summary>
/// Asks the Sentinels for the primary each time StackExchange.Redis opens a socket, and leaves the rest to the user's own tunnel.
/// </summary>
internal sealed class SentinelTunnel(SentinelService service, Tunnel? inner) : Tunnel
{
    public override async ValueTask<EndPoint?> GetSocketConnectEndpointAsync(EndPoint endpoint, CancellationToken cancellationToken)
    {
        var primary = await service.FindPrimaryOrLastAsync().ConfigureAwait(false);
        return inner is null ? primary : await inner.GetSocketConnectEndpointAsync(primary, cancellationToken).ConfigureAwait(false);
    }

    public override ValueTask BeforeSocketConnectAsync(
        EndPoint endPoint,
        ConnectionType connectionType,
        Socket? socket,
        CancellationToken cancellationToken) =>
        inner?.BeforeSocketConnectAsync(endPoint, connectionType, socket, cancellationToken) ?? default;

    public override ValueTask<Stream?> BeforeAuthenticateAsync(
        EndPoint endpoint,
        ConnectionType connectionType,
        Socket? socket,
        CancellationToken cancellationToken) =>
        inner?.BeforeAuthenticateAsync(endpoint, connectionType, socket, cancellationToken) ?? default;
}
