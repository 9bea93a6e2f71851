using System.Net;
using System.Net.Sockets;

namespace RedisMessaging.FeedGaps.Tests.Support;

/// <summary>Two sockets connected to each other over the loopback interface.</summary>
internal sealed class SocketPair : IDisposable
{
    private SocketPair(Socket near, Socket far)
    {
        Near = near;
        Far = far;
    }

    public Socket Near { get; }

    public Socket Far { get; }

    public static async Task<SocketPair> ConnectAsync()
    {
        using var listener = NewSocket();
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();

        var near = NewSocket();
        var connecting = near.ConnectAsync(listener.LocalEndPoint!);
        var far = await listener.AcceptAsync().Within();
        await connecting.Within();
        near.NoDelay = far.NoDelay = true;
        return new SocketPair(near, far);
    }

    /// <summary>Closes the far socket so that the near one gets a reset instead of an end.</summary>
    public void ResetFar()
    {
        Far.LingerState = new LingerOption(true, 0);
        Far.Close();
    }

    public void Dispose()
    {
        Near.Dispose();
        Far.Dispose();
    }

    private static Socket NewSocket() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
}
