using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace RedisMessaging.Testing;

/// <summary>A network between a client and a Redis that can be broken in all the ways networks break. What breaks is the links there are; new ones work.</summary>
public sealed class FaultProxy : IAsyncDisposable
{
    // Small, so that a stalled reader is felt by the server soon.
    private const int ReceiveBuffer = 64 * 1024;

    private readonly IPEndPoint _server;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<FaultLink, bool> _links = new();
    private readonly TaskCompletionSource?[] _stalls = new TaskCompletionSource?[2];
    private readonly LinkRate[] _rates = [new LinkRate(), new LinkRate()];
    private Task _accepting = Task.CompletedTask;
    private ReplyCut? _cut;

    private FaultProxy(IPEndPoint server) => _server = server;

    /// <summary>To connect with, in the place of the server's.</summary>
    public string ConnectionString => $"{_listener.LocalEndpoint}";

    /// <summary>How long everything takes on its way, in each direction.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>How many bytes a second all links together carry in each direction; 0 for as many as there are.</summary>
    public long BytesPerSecond { get; set; }

    /// <summary>New connections are closed at once.</summary>
    public bool RefusesConnections { get; set; }

    public static FaultProxy Start(string server)
    {
        var proxy = new FaultProxy(IPEndPoint.Parse(server));
        proxy._listener.Start();
        proxy._accepting = proxy.AcceptAsync();
        return proxy;
    }

    /// <summary>Both ends of all links see RST.</summary>
    public void Reset() => All(link => link.Reset());

    /// <summary>Both ends of all links see FIN.</summary>
    public void Close() => All(link => link.Dispose());

    /// <summary>The clients see RST; the server goes on believing in them, and stays parked on what they asked for.</summary>
    public void AbandonServer() => All(link => link.AbandonServer());

    /// <summary>Nothing is closed, and nothing arrives any more: a half-open link, or half of one.</summary>
    public void BlackHole(params ReadOnlySpan<LinkDirection> directions)
    {
        foreach (var direction in directions)
        {
            DropAfter(direction, 0);
        }
    }

    /// <summary>Swallows what comes after so many bytes.</summary>
    public void DropAfter(LinkDirection direction, long bytes) => All(link => link.DropAfter(direction, bytes));

    /// <summary>Takes nothing any more from the sender, who is left to fill his buffers, until <see cref="Resume"/>.</summary>
    public void Stall(LinkDirection direction) =>
        Volatile.Write(ref _stalls[(int)direction], new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    public void Resume(LinkDirection direction) => Interlocked.Exchange(ref _stalls[(int)direction], null)?.SetResult();

    /// <summary>Cuts the link when a reply with such bytes comes from the server, instead of handing it on: the command was carried out, and nobody knows.</summary>
    public ReplyCut CutReplies(int count, ReadOnlySpan<byte> marker = default)
    {
        var cut = new ReplyCut(count, marker.ToArray());
        _cut = cut;
        return cut;
    }

    /// <summary>How many bytes have come so far from the senders of one direction.</summary>
    public long BytesCarried(LinkDirection direction) => _rates[(int)direction].Carried;

    public async ValueTask DisposeAsync()
    {
        BytesPerSecond = 0;
        _listener.Stop();
        await _accepting;
        Resume(LinkDirection.ToClient);
        Resume(LinkDirection.ToServer);
        Close();
    }

    internal bool Cuts(ReadOnlySpan<byte> reply) => _cut?.Hits(reply) == true;

    internal Task CarryAsync(LinkDirection direction, int bytes) => _rates[(int)direction].CarryAsync(bytes, BytesPerSecond);

    internal Task WaitWhileStalledAsync(LinkDirection direction) => Volatile.Read(ref _stalls[(int)direction])?.Task ?? Task.CompletedTask;

    private void All(Action<FaultLink> fault)
    {
        foreach (var link in _links.Keys)
        {
            fault(link);
        }
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await _listener.AcceptSocketAsync();
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                // The last one: it was stopped between two calls.
                return;
            }

            _ = RunAsync(client);
        }
    }

    private async Task RunAsync(Socket client)
    {
        var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = ReceiveBuffer };
        using var link = new FaultLink(this, client, server);
        if (RefusesConnections)
        {
            return;
        }

        try
        {
            await server.ConnectAsync(_server);
        }
        catch (SocketException)
        {
            // The server is away, and the client finds out.
            return;
        }

        _links[link] = true;
        await link.RunAsync();
        _links.TryRemove(link, out _);
    }
}
