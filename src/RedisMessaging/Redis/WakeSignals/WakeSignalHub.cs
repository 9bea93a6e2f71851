using Microsoft.Extensions.Logging;
using RedisMessaging.Redis.Connections;
using StackExchange.Redis;

namespace RedisMessaging.Redis.WakeSignals;

/// <summary>
/// The bells this process listens for, whatever their topics: one blocked XREAD on one connection for all of them, since a connection for
/// each of hundreds of idle topics would cost. In a cluster it is one for each hash slot, because a command reads from one slot alone.
/// Opened with the first.
/// </summary>
internal sealed class WakeSignalHub(RedisConnections connections, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, WakeSignalListener> _readers = [];
    private bool _disposed;

    /// <summary>Calls back for each ring from now on, and once for one that was before: it may have been meant for us.</summary>
    public WakeSignal Watch(RedisKey key, Action rung) => Add(new WakeSignal(key, rung, staysSet: true));

    /// <summary>Calls back only once it is set, and once each time.</summary>
    public WakeSignal Prepare(RedisKey key, Action rung) => Add(new WakeSignal(key, rung, staysSet: false));

    /// <summary>From now on, until it rings, it rings for what comes, or has come, behind that entry.</summary>
    public void Set(WakeSignal bell, string position) => ReaderOf(bell.Key)?.Set(bell, position);

    public void Unset(WakeSignal bell) => ReaderOf(bell.Key)?.Unset(bell);

    public void Forget(WakeSignal bell) => ReaderOf(bell.Key)?.Remove(bell);

    public async ValueTask DisposeAsync()
    {
        WakeSignalListener[] readers;
        lock (_lock)
        {
            _disposed = true;
            readers = [.. _readers.Values];
            _readers.Clear();
        }

        await Task.WhenAll(readers.Select(reader => reader.DisposeAsync().AsTask())).ConfigureAwait(false);
    }

    private WakeSignal Add(WakeSignal bell)
    {
        ReaderOf(bell.Key)?.Add(bell);
        return bell;
    }

    private WakeSignalListener? ReaderOf(RedisKey key)
    {
        var slot = connections.SlotOf(key);
        lock (_lock)
        {
            if (_disposed)
            {
                return null;
            }

            if (!_readers.TryGetValue(slot, out var reader))
            {
                _readers.Add(slot, reader = new WakeSignalListener(connections, time, logger));
            }

            return reader;
        }
    }
}
