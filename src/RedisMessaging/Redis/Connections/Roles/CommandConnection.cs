using System.Net;
using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.Sockets;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Connections.Roles;

/// <summary>The connection for commands: the user's or the library's own. It connects with patience and replaces a silent socket.</summary>
internal sealed class CommandConnection(
    ConnectionSettings settings,
    SentinelRouting sentinels,
    ServerGate gate,
    ConnectionOpening opening,
    TimeProvider time,
    ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan AnswerMargin = TimeSpan.FromMilliseconds(250);

    private volatile IConnectionMultiplexer? _command;
    private CommandWatchdog? _watchdog;
    private LossDiagnosis? _lossDiagnosis;
    private bool _mayUse;

    /// <summary>The connection as it is now. Connect first.</summary>
    public IConnectionMultiplexer Current => _command!;

    public IConnectionMultiplexer? CurrentOrNull => _command;

    /// <summary>Whether there is a server at the other end.</summary>
    public bool IsConnected => _command is { IsConnected: true };

    /// <summary>Its database. Connect first.</summary>
    public IDatabase Database => (_command ?? throw new InvalidOperationException("Not connected yet.")).GetDatabase();

    public bool IsCluster => _command is { } command && ServerGate.IsCluster(command);

    /// <summary>Connects, and tries again until StartTimeout is over.</summary>
    /// <exception cref="ObjectDisposedException">The bus is disposed, or was meanwhile.</exception>
    /// <exception cref="RedisMessagingConnectionException">Redis did not answer.</exception>
    /// <exception cref="RedisMessagingConfigurationException">Redis answers, but refuses us or is no server that we can use.</exception>
    public ValueTask<IDatabase> ConnectAsync(CancellationToken cancellationToken)
    {
        opening.ThrowIfStopping();
        return _command is { } command && _mayUse
            ? ValueTask.FromResult(command.GetDatabase())
            : new ValueTask<IDatabase>(ConnectSlowlyAsync(cancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        _lossDiagnosis?.Dispose();
        if (_watchdog is not null)
        {
            await _watchdog.DisposeAsync().ConfigureAwait(false);
        }

        if (_command is not null && settings.Source.Existing is null)
        {
            await _command.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// For how long our own connection may leave commands unanswered: by then they have timed out anyway. A silence shorter than a second
    /// has many reasons.
    /// </summary>
    private TimeSpan Patience => TimeSpan.FromMilliseconds(Math.Max(settings.Source.CopyOptions(null).AsyncTimeout, 1_000));

    private ConfigurationOptions CopyOptions() => sentinels.CopyCommandOptions(_command);

    private Task<IDatabase> ConnectSlowlyAsync(CancellationToken cancellationToken) =>
        opening.RunAsync(ConnectInTurnAsync, cancellationToken);

    private async Task<IDatabase> ConnectInTurnAsync(CancellationToken cancellationToken)
    {
        var backoff = new Backoff(time, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(2));
        var started = time.GetTimestamp();
        while (true)
        {
            try
            {
                _command ??= await OpenAsync(cancellationToken).ConfigureAwait(false);
                if (!_command.IsConnected)
                {
                    await LossDiagnosis.ProbeAsync(CopyOptions()).ConfigureAwait(false);
                }

                await gate.CheckAsync(_command).ConfigureAwait(false);
                return Use(_command);
            }
            catch (Exception error) when (error is RedisException or TimeoutException)
            {
                if (ConnectRefusal.Explain(error, ConfiguredUser()) is { } refusal)
                {
                    throw refusal;
                }

                var waited = time.GetElapsedTime(started);
                if (settings.StartWithoutRedis && _command is not null)
                {
                    Log.StartedWithoutRedis(logger, error);
                    return Use(_command);
                }

                if (waited >= settings.StartTimeout)
                {
                    throw Unreachable(waited, error);
                }

                Log.ConnectRetry(logger, waited.TotalSeconds, settings.StartTimeout.TotalSeconds, error);
                await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private RedisMessagingConnectionException Unreachable(TimeSpan waited, Exception error) => new(
        $"Redis{settings.Source.DescribeServers(_command)} could not be reached for {waited.TotalSeconds:0.#} s (StartTimeout). Check "
        + "the connection string and that the server runs, or set StartWithoutRedis to connect later. The last error: "
        + BoundedText.MessageOf(error),
        error);

    private IDatabase Use(IConnectionMultiplexer command)
    {
        _lossDiagnosis?.Dispose();
        _lossDiagnosis = new LossDiagnosis(command, CopyOptions, time, logger);
        _mayUse = true;
        return command.GetDatabase();
    }

    private string? ConfiguredUser() =>
        _command is null && settings.Source.Options is null ? null : settings.Source.CopyOptions(_command).User;

    private async Task<IConnectionMultiplexer> OpenAsync(CancellationToken cancellationToken)
    {
        if (settings.Source.Existing is { } existing)
        {
            // What makes it lasts as long as it does: nothing of the first caller's context flows into it.
            return await BackgroundLoop.Run(() => Task.FromResult(existing())).ConfigureAwait(false);
        }

        if (settings.Source.Factory is { } factory)
        {
            return await BackgroundLoop.Run(() => factory(cancellationToken)).ConfigureAwait(false);
        }

        if (CopyOptions() is { Tunnel: SentinelTunnel } && !settings.StartWithoutRedis)
        {
            // The connection can't say why it does not come up when the Sentinels are at fault.
            await sentinels.FindPrimaryAsync().ConfigureAwait(false);
        }

        var connection = await OpenOwnAsync(abortOnConnectFail: !settings.StartWithoutRedis).ConfigureAwait(false);
        // Only for our own connection: others may share what the user made, and would keep the old one.
        _watchdog = new CommandWatchdog(() => _command, ReplaceAsync, Patience, time, logger);
        return connection;
    }

    private async Task<ConnectionMultiplexer> OpenOwnAsync(bool abortOnConnectFail)
    {
        var options = OwnConnectionOptions.ForCommands(CopyOptions(), settings.ClientName);
        // With true a wrong password is reported at once; it matters only for the first connect.
        options.AbortOnConnectFail = abortOnConnectFail;
        options.ConnectRetry = 1;
        return await Multiplexers.ConnectAsync(options).ConfigureAwait(false);
    }

    /// <summary>
    /// The watchdog calls it, one call at a time. Commands that wait for an answer on the old connection fail with an unknown outcome.
    /// Their senders continue over the new one.
    /// </summary>
    private async Task ReplaceAsync(EndPoint silent, Func<bool> isStillSilent)
    {
        var fresh = await OpenOwnAsync(abortOnConnectFail: true).ConfigureAwait(false);
        try
        {
            await fresh.GetServer(silent).PingAsync().ConfigureAwait(false);
            // A server that was busy until now answers earlier commands, too.
            await Task.Delay(AnswerMargin, time, CancellationToken.None).ConfigureAwait(false);
        }
        catch
        {
            await fresh.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        if (!isStillSilent())
        {
            await fresh.DisposeAsync().ConfigureAwait(false);
            return;
        }

        var old = _command!;
        _command = fresh;
        Use(fresh);
        Log.CommandConnectionReplaced(logger, silent.ToString()!, Patience.TotalSeconds);
        await old.CloseAsync(allowCommandsToComplete: false).ConfigureAwait(false);
        await old.DisposeAsync().ConfigureAwait(false);
    }
}
