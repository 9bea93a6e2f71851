using System.Collections.Concurrent;
using RedisMessaging.Bus.Stopping;
using RedisMessaging.Serialization.Envelope;

namespace RedisMessaging.Requests;

/// <summary>The requests of this process that wait for their replies, by their ids.</summary>
internal sealed class PendingReplies
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<ReadOnlyMemory<byte>>> _waits = new(StringComparer.Ordinal);

    /// <summary>How many requests wait.</summary>
    public int Count => _waits.Count;

    /// <returns>False when a request with this id waits already.</returns>
    public bool TryAdd(string requestId, TaskCompletionSource<ReadOnlyMemory<byte>> reply) => _waits.TryAdd(requestId, reply);

    public void Remove(string requestId) => _waits.TryRemove(requestId, out _);

    /// <summary>Completes the request that a frame answers.</summary>
    /// <returns>False when no request waits for it: it is late, or not the first reply.</returns>
    public bool TryComplete(ReadOnlyMemory<byte> frame) =>
        EnvelopeReader.ReadIfPossible(frame, out _) is { InReplyTo: { } requestId }
            && _waits.TryRemove(requestId, out var wait)
            && wait.TrySetResult(frame);

    /// <summary>Fails all waits: no reply comes any more.</summary>
    public void EndAll()
    {
        foreach (var wait in _waits.Values)
        {
            wait.TrySetException(BusDisposed.Error("The bus was disposed while a request waited for its reply."));
        }
    }
}
