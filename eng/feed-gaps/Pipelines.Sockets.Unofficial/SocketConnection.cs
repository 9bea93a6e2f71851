using System.IO.Pipelines;
using System.Net.Sockets;
using Pipelines.Sockets.Unofficial.Pumping;

namespace Pipelines.Sockets.Unofficial;

/// <summary>A duplex pipe over a connected socket.</summary>
public sealed class SocketConnection : IMeasuredDuplexPipe, IDisposable
{
    private readonly DuplexPump _pump;
    private readonly string? _name;

    private SocketConnection(Socket socket, DuplexPump pump, string? name)
    {
        Socket = socket;
        _pump = pump;
        _name = name;
    }

    /// <summary>The socket underneath.</summary>
    public Socket Socket { get; }

    /// <inheritdoc/>
    public PipeReader Input => _pump.Input;

    /// <inheritdoc/>
    public PipeWriter Output => _pump.Output;

    /// <summary>Why it ended, or none.</summary>
    public PipeShutdownKind ShutdownKind => _pump.Reason.Kind;

    /// <summary>The first socket error seen.</summary>
    public SocketError SocketError => _pump.Reason.SocketError;

    /// <summary>Bytes received so far.</summary>
    public long BytesRead => _pump.Received;

    /// <summary>Bytes sent so far.</summary>
    public long BytesSent => _pump.Sent;

    /// <summary>Bytes that came with the last receive.</summary>
    public int LastReceived => _pump.LastReceived;

    long IMeasuredDuplexPipe.TotalBytesSent => _pump.Sent;

    long IMeasuredDuplexPipe.TotalBytesReceived => _pump.Received;

    /// <summary>Ends when both loops have ended and the socket is closed.</summary>
    internal Task Ended => _pump.Ended;

    /// <summary>Starts to move bytes between <paramref name="socket"/> and a new pair of pipes.</summary>
    public static SocketConnection Create(
        Socket socket,
        PipeOptions? sendPipeOptions,
        PipeOptions? receivePipeOptions,
        SocketConnectionOptions socketConnectionOptions = SocketConnectionOptions.None,
        string? name = null)
    {
        ArgumentNullException.ThrowIfNull(socket);
        var pump = DuplexPump.Start(
            new SocketChannel(socket),
            sendPipeOptions,
            receivePipeOptions,
            socketConnectionOptions.HasFlag(SocketConnectionOptions.ZeroLengthReads));
        return new SocketConnection(socket, pump, name);
    }

    /// <summary>Nothing to assert: there are no dependencies.</summary>
    public static void AssertDependencies()
    {
    }

    /// <summary>Sends small writes at once.</summary>
    public static void SetRecommendedClientOptions(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        if (socket.AddressFamily == AddressFamily.Unix)
        {
            return;
        }

        try
        {
            socket.NoDelay = true;
        }
        catch (SocketException)
        {
            // Only a recommendation.
        }
    }

    /// <summary>Records that the protocol on top ended it, unless it has ended already.</summary>
    public bool TrySetProtocolShutdown(PipeShutdownKind kind)
        => kind is PipeShutdownKind.ProtocolExitClient or PipeShutdownKind.ProtocolExitServer
            && _pump.Reason.TryRecord(kind);

    /// <summary>What waits where, at this moment.</summary>
    public Counters GetCounters() => new(_pump.WaitingToBeSent, _pump.WaitingToBeRead, AvailableOnSocket());

    /// <summary>Closes the socket and ends both loops, which may take a moment longer.</summary>
    public void Dispose() => _pump.Dispose();

    /// <inheritdoc/>
    public override string ToString() => _name ?? nameof(SocketConnection);

    private int AvailableOnSocket()
    {
        try
        {
            return Socket.Available;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return 0;
        }
    }

    /// <summary>Bytes on their way.</summary>
    public readonly struct Counters
    {
        internal Counters(long toBeSent, long toBeRead, long onSocket)
        {
            BytesWaitingToBeSent = toBeSent;
            BytesWaitingToBeRead = toBeRead;
            BytesAvailableOnSocket = onSocket;
        }

        /// <summary>Flushed and not yet with the socket.</summary>
        public long BytesWaitingToBeSent { get; }

        /// <summary>Received and not yet consumed.</summary>
        public long BytesWaitingToBeRead { get; }

        /// <summary>Arrived and not yet received.</summary>
        public long BytesAvailableOnSocket { get; }
    }
}
