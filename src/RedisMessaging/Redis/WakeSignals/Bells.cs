using Microsoft.Extensions.Logging;
using RedisMessaging.Redis.Connections;
using StackExchange.Redis;

namespace RedisMessaging.Redis.WakeSignals;

/// <summary>
/// The bells this process listens for, whatever their topics: one blocked XREAD on one connection for all of them, since a connection for each of hundreds of idle topics would
/// cost. In a cluster it is one for each hash slot, because a command reads from one slot alone. Opened with the first.
/// </summary>
internal sealed class Bells(RedisConnections connections, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, BellReader> _readers = [];
    private bool _disposed;

    /// <summary>Calls back for each ring from now on, and once for one that was before: it may have been meant for us.</summary>
    public Bell Watch(RedisKey key, Action rung) => Add(new Bell(key, rung, staysSet: true));

    /// <summary>Calls back only once it is set, and once each time.</summary>
    public Bell Prepare(RedisKey key, Action rung) => Add(new Bell(key, rung, staysSet: false));

    /// <summary>From now on, until it rings, it rings for what comes, or has come, behind that entry.</summary>
    public void Set(Bell bell, string position) => ReaderOf(bell.Key)?.Set(bell, position);

    public void Unset(Bell bell) => ReaderOf(bell.Key)?.Unset(bell);

    public void Forget(Bell bell) => ReaderOf(bell.Key)?.Remove(bell);

    public async ValueTask DisposeAsync()
    {
        BellReader[] readers;
        lock (_lock)
        {
            _disposed = true;
            readers = [.. _readers.Values];
            _readers.Clear();
        }

        await Task.WhenAll(readers.Select(reader => reader.DisposeAsync().AsTask())).ConfigureAwait(false);
    }

    private Bell Add(Bell bell)
    {
        ReaderOf(bell.Key)?.Add(bell);
        return bell;
    }

    private BellReader? ReaderOf(RedisKey key)
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
                _readers.Add(slot, reader = new BellReader(connections, time, logger));
            }

            return reader;
        }
    }
}
