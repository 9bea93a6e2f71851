using RedisMessaging.Diagnostics;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Replication;

/// <summary>
/// Waits until replicas have what was sent (WAIT). The server holds a connection up while it waits, so there is one for this alone; and one
/// WAIT answers for all that was written before it, so callers share the next.
/// </summary>
/// <param name="key">A key of the topic: in a cluster it is the node of its slot that is asked.</param>
/// <param name="replicas">How many must have it.</param>
/// <param name="timeout">How long to wait for them.</param>
internal sealed class ReplicaConfirmation(RedisConnections connections, RedisKey key, int replicas, TimeSpan timeout)
{
    private readonly Lock _lock = new();
    private Task<long>? _underWay;
    private Task<long>? _next;

    /// <summary>For a topic; <see langword="null"/> when it waits for none.</summary>
    public static ReplicaConfirmation? For(TransportContext context, RedisKey key) => context.Options.WaitForReplicas == 0
        ? null
        : new ReplicaConfirmation(context.Connections, key, context.Options.WaitForReplicas, context.Options.ReplicationTimeout);

    /// <summary>The connection to send over: WAIT is about what came over its own.</summary>
    public ValueTask<IDatabase> ConnectAsync(CancellationToken cancellationToken) => connections.ConnectConfirmedAsync(cancellationToken);

    /// <summary>Marks what was sent and did not reach the replicas in time.</summary>
    public async ValueTask ConfirmAsync(IDatabase database, Memory<SendResult> results)
    {
        if (!IsAnySent(results.Span))
        {
            return;
        }

        NotReplicatedException failure;
        try
        {
            var confirmed = await NextAsync(database).ConfigureAwait(false);
            if (confirmed >= replicas)
            {
                return;
            }

            failure = new NotReplicatedException(
                $"only {confirmed} of {replicas} replicas confirmed it within {timeout.TotalSeconds:0.###} s");
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error))
        {
            failure = new NotReplicatedException(
                $"it is on the primary, but whether replicas have it could not be asked: {BoundedText.MessageOf(error)}",
                error);
        }

        foreach (ref var result in results.Span)
        {
            result = result.Error is null ? result with { Error = failure } : result;
        }
    }

    private static bool IsAnySent(ReadOnlySpan<SendResult> results)
    {
        foreach (ref readonly var result in results)
        {
            if (result.Error is null)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A WAIT that is sent from now on: one that is under way may be older than what the caller sent.</summary>
    private Task<long> NextAsync(IDatabase database)
    {
        lock (_lock)
        {
            return _underWay is null
                ? _underWay = WaitAsync(database)
                : _next ??= WaitAfterAsync(_underWay, database);
        }
    }

    private async Task<long> WaitAfterAsync(Task<long> former, IDatabase database)
    {
        await ((Task)former).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Task<long> wait;
        lock (_lock)
        {
            _next = null;
            _underWay = wait = WaitAsync(database);
        }

        return await wait.ConfigureAwait(false);
    }

    private async Task<long> WaitAsync(IDatabase database)
    {
        // Not before the lock is left: whoever comes meanwhile has to see this one as under way.
        await Task.Yield();
        try
        {
            return (long)await AskAsync(database).ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
            {
                if (_next is null)
                {
                    _underWay = null;
                }
            }
        }
    }

    private async Task<RedisResult> AskAsync(IDatabase database)
    {
        object[] arguments = [replicas, (long)timeout.TotalMilliseconds];
        if (!connections.IsCluster)
        {
            return await database.ExecuteAsync("WAIT", arguments, CommandFlags.DemandMaster).ConfigureAwait(false);
        }

        // WAIT has no key to be routed by.
        var node = await database.IdentifyEndpointAsync(key, CommandFlags.DemandMaster).ConfigureAwait(false)
            ?? throw new RedisConnectionException(ConnectionFailureType.UnableToConnect, "No node of the cluster serves the topic's slot.");
        return await database.Multiplexer.GetServer(node).ExecuteAsync("WAIT", arguments, CommandFlags.DemandMaster).ConfigureAwait(false);
    }
}
