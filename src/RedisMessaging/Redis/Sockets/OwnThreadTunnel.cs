using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace RedisMessaging.Redis.Sockets;

/// <summary>
/// Has each socket read by a thread of its own. A <see cref="SocketManager"/> with threads of its own is not enough: .NET itself completes
/// what sockets wait for on the thread pool. The rest is left to the user's own tunnel.
/// </summary>
internal sealed class OwnThreadTunnel(Tunnel? inner) : Tunnel
{
    public override ValueTask<EndPoint?> GetSocketConnectEndpointAsync(EndPoint endpoint, CancellationToken cancellationToken) =>
        inner?.GetSocketConnectEndpointAsync(endpoint, cancellationToken) ?? ValueTask.FromResult<EndPoint?>(endpoint);

    public override ValueTask BeforeSocketConnectAsync(
        EndPoint endPoint,
        ConnectionType connectionType,
        Socket? socket,
        CancellationToken cancellationToken) =>
        inner?.BeforeSocketConnectAsync(endPoint, connectionType, socket, cancellationToken) ?? default;

    public override async ValueTask<Stream?> BeforeAuthenticateAsync(
        EndPoint endpoint,
        ConnectionType connectionType,
        Socket? socket,
        CancellationToken cancellationToken)
    {
        var stream = inner is null
            ? null
            : await inner.BeforeAuthenticateAsync(endpoint, connectionType, socket, cancellationToken).ConfigureAwait(false);
        // A stream that the user's tunnel made is read the way it wants to be.
        return stream is null && socket is not null && connectionType == ConnectionType.Interactive ? new OwnThreadStream(socket) : stream;
    }
}
