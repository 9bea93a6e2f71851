using System.Net.Sockets;

namespace RedisMessaging.Testing;

/// <summary>One client's connection through a <see cref="FaultProxy"/>.</summary>
internal sealed class FaultLink : IDisposable
{
    private const int BufferSize = 64 * 1024;

    private readonly FaultProxy _proxy;
    private readonly Socket _client;
    private readonly Socket _server;
    private readonly long[] _room = [long.MaxValue, long.MaxValue];
    private volatile bool _isAbandoned;

    public FaultLink(FaultProxy proxy, Socket client, Socket server)
    {
        _proxy = proxy;
        _client = client;
        _server = server;
        _client.NoDelay = true;
        _server.NoDelay = true;
    }

    /// <summary>Ends when both ways are closed.</summary>
    public Task RunAsync() => Task.WhenAll(PumpAsync(_client, _server, LinkDirection.ToServer), PumpAsync(_server, _client, LinkDirection.ToClient));

    /// <summary>Both ends see RST.</summary>
    public void Reset()
    {
        Reset(_client);
        Reset(_server);
    }

    /// <summary>Both ends see FIN.</summary>
    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    /// <summary>The client sees RST; the server goes on believing in a client.</summary>
    public void AbandonServer()
    {
        _isAbandoned = true;
        Reset(_client);
    }

    /// <summary>Lets so many bytes more through, and swallows the rest.</summary>
    public void DropAfter(LinkDirection direction, long bytes) => Volatile.Write(ref _room[(int)direction], bytes);

    private async Task PumpAsync(Socket from, Socket to, LinkDirection direction)
    {
        var buffer = new byte[BufferSize];
        try
        {
            while (true)
            {
                await _proxy.WaitWhileStalledAsync(direction);
                var length = await from.ReceiveAsync(buffer);
                if (length == 0)
                {
                    to.Shutdown(SocketShutdown.Send);
                    return;
                }

                if (direction == LinkDirection.ToClient && _proxy.Cuts(buffer.AsSpan(0, length)))
                {
                    Reset();
                    return;
                }

                if (_proxy.Delay is var delay && delay > TimeSpan.Zero)
                {
                    await Task.Delay(delay);
                }

                await _proxy.CarryAsync(direction, length);
                var room = (int)Math.Min(length, Volatile.Read(ref _room[(int)direction]));
                if (room > 0 && !_isAbandoned)
                {
                    await to.SendAsync(buffer.AsMemory(0, room));
                }

                if (Volatile.Read(ref _room[(int)direction]) != long.MaxValue)
                {
                    Interlocked.Add(ref _room[(int)direction], -room);
                }
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // One end is gone: so is the other, unless the server is to be left in its belief.
            if (!_isAbandoned || direction == LinkDirection.ToClient)
            {
                Dispose();
            }
        }
    }

    private static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // It is closed already.
        }

        socket.Dispose();
    }
}
