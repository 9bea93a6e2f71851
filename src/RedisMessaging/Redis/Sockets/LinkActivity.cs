using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Sockets;

/// <summary>
/// When bytes last arrived from each server that a multiplexer is connected to. A reply that is large, or comes over a slow link, takes
/// long and is no reason to give up the link; silence is. StackExchange.Redis counts commands, not bytes, so the sockets are watched
/// (<see cref="WatchedTunnel"/>).
/// </summary>
/// <param name="countsWrites">Bytes that the link takes count, too: what is written may be large.</param>
internal sealed class LinkActivity(TimeProvider time, bool countsWrites)
{
    private readonly ConcurrentDictionary<EndPoint, StrongBox<long>> _lastBytes = new();

    /// <summary>Watches a socket's stream.</summary>
    public Stream Watch(EndPoint server, Stream stream) =>
        new WatchedStream(stream, _lastBytes.GetOrAdd(server, _ => new StrongBox<long>()), time, countsWrites);

    /// <summary>
    /// For how long nothing has arrived from a server that has a command to answer, since a timestamp at the most. Everything counts as
    /// silent while nothing is sent.
    /// </summary>
    /// <param name="since">When the command that is waited for was sent.</param>
    /// <param name="hasMoved">Whether anything has arrived since then.</param>
    public TimeSpan QuietFor(ConnectionMultiplexer connection, long since, out bool hasMoved)
    {
        var now = time.GetTimestamp();
        var oldest = now;
        var isAsked = false;
        foreach (var server in connection.GetServers())
        {
            if (server.GetCounters().Interactive is { SentItemsAwaitingResponse: 0, PendingUnsentItems: 0 })
            {
                continue;
            }

            isAsked = true;
            oldest = Math.Min(oldest, _lastBytes.TryGetValue(server.EndPoint, out var last) ? Volatile.Read(ref last.Value) : 0);
        }

        hasMoved = isAsked && oldest > since;
        return time.GetElapsedTime(isAsked ? Math.Max(oldest, since) : since, now);
    }
}
