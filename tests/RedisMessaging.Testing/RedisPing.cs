using System.Net;
using System.Net.Sockets;

namespace RedisMessaging.Testing;

/// <summary>Asks a Redis on this machine whether it is ready, without a client.</summary>
internal static class RedisPing
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    /// <summary>False while nothing listens, and while it loads its data.</summary>
    public static async Task<bool> AnswersAsync(int port)
    {
        using var deadline = new CancellationTokenSource(Timeout);
        try
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), deadline.Token);
            await socket.SendAsync("PING\r\n"u8.ToArray(), deadline.Token);
            var reply = new byte[16];
            var length = await socket.ReceiveAsync(reply, deadline.Token);
            // One that asks for a password is ready as well.
            return reply.AsSpan(0, length).StartsWith("+PONG"u8) || reply.AsSpan(0, length).StartsWith("-NOAUTH"u8);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            return false;
        }
    }
}
