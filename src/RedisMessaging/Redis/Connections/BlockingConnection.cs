using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Connections.Roles;
using RedisMessaging.Redis.Sockets;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Connections;

/// <summary>
/// A multiplexer for one loop that blocks, because other commands would wait behind the blocking call, or for many loops that never block.
/// A watchdog replaces the connection when a call does not return in time and nothing arrives any more: a half-open link shows no error
/// for half a minute. While bytes arrive it waits, since a reply may be large and a link slow.
/// </summary>
/// <param name="silence">For how long nothing may arrive once something has, and for how long at first where nothing blocks. Default 5
/// s.</param>
/// <param name="countsWrites">What is sent may be large: bytes that the link takes count as well.</param>
internal sealed class BlockingConnection(
    Func<ConfigurationOptions> makeOptions,
    ServerUnblocker unblocker,
    TimeProvider time,
    ILogger logger,
    TimeSpan? silence = null,
    bool countsWrites = false) : IAsyncDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan DefaultSilence = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MaxGoodbye = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MinCheck = TimeSpan.FromMilliseconds(50);

    private readonly SemaphoreSlim _replacing = new(1, 1);
    private readonly TimeSpan _silence = silence ?? DefaultSilence;
    private volatile Link? _link;

    public bool IsConnected => _link?.Connection.IsConnected ?? false;

    private Link Current => _link ?? throw new InvalidOperationException("Not open.");

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var options = makeOptions();
        var activity = new LinkActivity(time, countsWrites);
        options.Tunnel = new WatchedTunnel(activity, options.Tunnel);
        var connection = await Multiplexers.ConnectAsync(options).ConfigureAwait(false);
        // After a reconnect the server knows us by another id.
        connection.ConnectionRestored += (_, _) => unblocker.ForgetIdentity();
        // In a cluster it is another server that knows us, once the key has moved there.
        connection.HashSlotMoved += (_, _) => unblocker.ForgetIdentity();
        connection.ConfigurationChanged += (_, _) => unblocker.ForgetIdentity();
        _link = new Link(connection, activity);
    }

    /// <summary>
    /// Runs one blocking command. Cancelled, it asks the server to end the block (<c>CLIENT UNBLOCK id TIMEOUT</c>), again and again since
    /// that races the block, and returns whatever the command returned: a message that arrived just then is not thrown away.
    /// </summary>
    /// <param name="key">A key of the command: in a cluster it tells the node.</param>
    /// <param name="block">The BLOCK or timeout argument the command was given.</param>
    /// <exception cref="RedisTimeoutException">The watchdog replaced the connection. The server may still block on the
    /// command.</exception>
    public async ValueTask<RedisResult> BlockAsync(
        RedisKey key,
        TimeSpan block,
        string commandName,
        ICollection<object> arguments,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (unblocker.NeedsIdentity)
        {
            await unblocker.IdentifyAsync(key, this).ConfigureAwait(false);
        }

        var link = Current;
        var started = time.GetTimestamp();
        var call = link.Connection.GetDatabase().ExecuteAsync(commandName, arguments);
        try
        {
            await EndsOrIsSilentAsync(call, link, block + Grace, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await unblocker.UnblockAsync(call, block + Grace).ConfigureAwait(false);
        }

        if (!call.IsCompleted)
        {
            throw await ReplaceAsync(link, call, commandName, time.GetElapsedTime(started)).ConfigureAwait(false);
        }

        return await call.ConfigureAwait(false);
    }

    /// <summary>
    /// Runs a command of the same loop that does not block. The watchdog watches over it as well: a half-open link swallows it just the
    /// same.
    /// </summary>
    /// <param name="cancellationToken">
    /// Cancelled, it waits for what is under way for some seconds more, no longer: the rest of a large reply is left to itself, and what it
    /// would have brought stays in Redis.
    /// </param>
    /// <exception cref="RedisTimeoutException">The watchdog replaced the connection, or it was cancelled. The command may have been carried
    /// out.</exception>
    public async ValueTask<T> RunAsync<T>(
        string commandName,
        Func<IDatabase, Task<T>> command,
        CancellationToken cancellationToken = default)
    {
        var link = Current;
        var started = time.GetTimestamp();
        var call = command(link.Connection.GetDatabase());
        try
        {
            await EndsOrIsSilentAsync(call, link, _silence, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested && !call.IsCompleted)
        {
            await Task.WhenAny(call, Task.Delay(MaxGoodbye, time, CancellationToken.None)).ConfigureAwait(false);
            if (!call.IsCompleted)
            {
                FireAndForget.Observe(call);
                throw new RedisTimeoutException(
                    $"{commandName} was under way when it was cancelled, and did not return within {MaxGoodbye.TotalSeconds:0.#} s.",
                    CommandStatus.Sent);
            }
        }

        if (!call.IsCompleted)
        {
            throw await ReplaceAsync(link, call, commandName, time.GetElapsedTime(started)).ConfigureAwait(false);
        }

        return await call.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (_link is { Connection: var connection })
        {
            _link = null;
            // Dispose would wait five seconds for a call that is still blocked.
            await connection.CloseAsync(allowCommandsToComplete: false).ConfigureAwait(false);
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Waits until a call has ended, well or not, or nothing arrives any more.</summary>
    /// <param name="first">For how long nothing at all may arrive.</param>
    private async ValueTask EndsOrIsSilentAsync(Task call, Link link, TimeSpan first, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var wait = first;
        while (true)
        {
            try
            {
                await call.WaitAsync(wait, time, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (TimeoutException) when (!call.IsCompleted)
            {
                var quiet = link.Activity.QuietFor(link.Connection, started, out var hasMoved);
                if (!hasMoved || quiet >= _silence)
                {
                    return;
                }

                wait = _silence - quiet > MinCheck ? _silence - quiet : MinCheck;
            }
        }
    }

    private async Task<RedisTimeoutException> ReplaceAsync(Link old, Task call, string commandName, TimeSpan waited)
    {
        FireAndForget.Observe(call);
        await _replacing.WaitAsync().ConfigureAwait(false);
        try
        {
            // Others on it may have found out first.
            if (_link == old)
            {
                Log.WatchdogReplaced(logger, commandName, waited.TotalSeconds);
                unblocker.ForgetIdentity();
                await OpenAsync(CancellationToken.None).ConfigureAwait(false);
                FireAndForget.Observe(old.Connection.CloseAsync(allowCommandsToComplete: false));
            }
        }
        finally
        {
            _replacing.Release();
        }

        return new RedisTimeoutException(
            $"{commandName} did not return within {waited.TotalSeconds:0.#} s, and nothing arrives any more; its connection was replaced.",
            CommandStatus.Sent);
    }

    private sealed record Link(ConnectionMultiplexer Connection, LinkActivity Activity);
}
