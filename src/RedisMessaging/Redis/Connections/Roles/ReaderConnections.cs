using Microsoft.Extensions.Logging;
using RedisMessaging.Consuming.Leases;
using RedisMessaging.Redis.ServerChecks;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Connections.Roles;

/// <summary>The connections that block, that idle readers share, that carry large commands, and that renew leases.</summary>
internal sealed class ReaderConnections(
    ConnectionSettings settings,
    CommandConnection command,
    ConnectionOpening opening,
    OwnConnectionProbe probe,
    TimeProvider time,
    ILogger logger) : IAsyncDisposable
{
    // Bytes that the system has accepted and not sent yet move unseen.
    private static readonly TimeSpan LargeSilence = TimeSpan.FromSeconds(15);

    private readonly ClientCommandAccess _client = new(logger);
    private LargeConnection? _large;
    private BlockingConnection? _shared;
    private LeaseRenewals? _leases;
    private SocketManager? _leaseThreads;
    private int _blockingCount;

    /// <summary>Whether a blocked read can be ended, as far as is known. Where CLIENT is denied it lasts for its whole BLOCK.</summary>
    public bool MayUnblock => !_client.IsDenied;

    /// <summary>The connection for large commands.</summary>
    public LargeConnection Large => _large
        ?? Interlocked.CompareExchange(ref _large, new LargeConnection(OpenLargeAsync, time, logger), null)
        ?? _large;

    /// <summary>What renews the leases that this process holds.</summary>
    public LeaseRenewals Leases => _leases
        ?? Interlocked.CompareExchange(ref _leases, new LeaseRenewals(OpenLeasesAsync, time, logger), null)
        ?? _leases;

    /// <summary>A connection of its own for one loop that blocks.</summary>
    /// <param name="purpose">What it reads, for its name in CLIENT LIST.</param>
    public ValueTask<BlockingConnection> OpenBlockingAsync(string purpose, CancellationToken cancellationToken) =>
        OpenAsync(purpose, silence: null, countsWrites: false, cancellationToken);

    /// <summary>
    /// The connection that all readers without one of their own use. Nothing on it blocks, but large replies on it would hold up publishes
    /// and acks.
    /// </summary>
    public async ValueTask<BlockingConnection> OpenSharedAsync(CancellationToken cancellationToken)
    {
        if (_shared is { } shared)
        {
            return shared;
        }

        var fresh = await OpenBlockingAsync("idle", cancellationToken).ConfigureAwait(false);
        if (Interlocked.CompareExchange(ref _shared, fresh, null) is { } other)
        {
            await fresh.DisposeAsync().ConfigureAwait(false);
            return other;
        }

        return fresh;
    }

    public async ValueTask DisposeAsync()
    {
        if (_leases is not null)
        {
            await _leases.DisposeAsync().ConfigureAwait(false);
            _leaseThreads?.Dispose();
        }

        if (_shared is not null)
        {
            await _shared.DisposeAsync().ConfigureAwait(false);
        }

        if (_large is not null)
        {
            await _large.DisposeAsync().ConfigureAwait(false);
        }
    }

    private ValueTask<BlockingConnection> OpenLargeAsync() =>
        OpenAsync("large", LargeSilence, countsWrites: true, opening.Stopping);

    private async ValueTask<BlockingConnection> OpenAsync(
        string purpose,
        TimeSpan? silence,
        bool countsWrites,
        CancellationToken cancellationToken)
    {
        await command.ConnectAsync(cancellationToken).ConfigureAwait(false);
        var clientName = $"{settings.ClientName}/{purpose}/{Interlocked.Increment(ref _blockingCount)}".Replace(' ', '_');
        var connection = new BlockingConnection(
            () => OwnConnectionOptions.ForBlocking(probe.CopyOptions(), clientName),
            new ServerUnblocker(() => command.Current, _client, time, logger),
            time,
            logger,
            silence,
            countsWrites);
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            if (!connection.IsConnected)
            {
                await probe.RequireAsync().ConfigureAwait(false);
            }
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        return connection;
    }

    private async Task<ILeaseConnection> OpenLeasesAsync()
    {
        var connection = new LeaseConnection(
            () => Multiplexers.ConnectAsync(
                OwnConnectionOptions.ForLeases(probe.CopyOptions(), settings.ClientName, LeaseThreads())),
            () => command.Current,
            logger);
        await connection.OpenAsync().ConfigureAwait(false);
        return connection;
    }

    /// <summary>One thread writes, the other one reads.</summary>
    private SocketManager LeaseThreads() => _leaseThreads ??= new SocketManager("RedisMessaging leases", workerCount: 2);
}
