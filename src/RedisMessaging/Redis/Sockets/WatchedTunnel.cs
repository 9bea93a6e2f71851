using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace RedisMessaging.Redis.Sockets;

/// <summary>
/// Watches the bytes of each socket that StackExchange.Redis opens, below TLS, and leaves the rest to the tunnel that was there.
/// </summary>
internal sealed class WatchedTunnel(LinkActivity activity, Tunnel? inner) : Tunnel
{
    public override ValueTask<EndPoint?> GetSocketConnectEndpointAsync(EndPoint endpoint, CancellationToken cancellationToken) =>
        inner?.GetSocketConnectEndpointAsync(endpoint, cancellationToken)
            ?? base.GetSocketConnectEndpointAsync(endpoint, cancellationToken);

    public override ValueTask BeforeSocketConnectAsync(
        EndPoint endPoint,
        ConnectionType connectionType,
        Socket? socket,
        CancellationToken cancellationToken) =>
        inner?.BeforeSocketConnectAsync(endPoint, connectionType, socket, cancellationToken)
            ?? base.BeforeSocketConnectAsync(endPoint, connectionType, socket, cancellationToken);

    public override async ValueTask<Stream?> BeforeAuthenticateAsync(
        EndPoint endpoint,
        ConnectionType connectionType,
        Socket? socket,
        CancellationToken cancellationToken)
    {
        var stream = inner is null
            ? null
            : await inner.BeforeAuthenticateAsync(endpoint, connectionType, socket, cancellationToken).ConfigureAwait(false);
        stream ??= socket is null ? null : new NetworkStream(socket);
        return stream is null ? null : activity.Watch(endpoint, stream);
    }
}
