using System.Net;
using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Bus.Stopping;
using RedisMessaging.Consuming.Leases;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.ServerChecks;
using RedisMessaging.Redis.Sockets;
using RedisMessaging.Redis.WakeSignals;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Connections;

/// <summary>
/// The bus's connections: one for commands (the user's or ours), one for Pub/Sub subscriptions, and one for each loop that blocks.
/// </summary>
internal sealed class RedisConnections(ConnectionSettings settings, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan LongestGoodbye = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestGoodbyeAway = TimeSpan.FromMilliseconds(500);
    // What the system has taken to be sent, and has not sent yet, moves unseen.
    private static readonly TimeSpan LargeSilence = TimeSpan.FromSeconds(15);

    /// <summary>From how many bytes on a message is large: beside small ones on a slow link it would be what they wait for.</summary>
    public const int LargeBytes = 256 * 1024;

    private static readonly TimeSpan AnswerMargin = TimeSpan.FromMilliseconds(250);

    // Neither is disposed: others may wait for one, or look at the other, for as long as they like.
    private readonly SemaphoreSlim _connecting = new(1, 1);
    private readonly CancellationTokenSource _stopping = new();
    private readonly OneTime _disposing = new();
    private readonly ClientCommandAccess _client = new(logger);
    private SentinelService? _sentinels;
    private SentinelService? _ownSentinels;
    private volatile IConnectionMultiplexer? _command;
    private CommandWatchdog? _watchdog;
    private ConnectionMultiplexer? _subscriptions;
    private ConnectionMultiplexer? _confirmed;
    private volatile bool _oneSocket;
    private LossDiagnosis? _lossDiagnosis;
    private bool _mayUse;
    private LargeConnection? _large;
    private BlockingConnection? _shared;
    private WakeSignalHub? _bells;
    private LeaseRenewals? _leases;
    private SocketManager? _leaseThreads;
    private int _blockingCount;

    /// <summary>A connection that carries subscriptions was lost. Raised on a thread of the pool, maybe late.</summary>
    public event Action<EndPoint?>? SubscriptionsLost;

    /// <summary>
    /// A connection that carries subscriptions is there (again), and they are being subscribed to. Raised on a thread of the pool, maybe
    /// late.
    /// </summary>
    public event Action<EndPoint?>? SubscriptionsRestored;

    /// <summary>How many sockets subscriptions have had so far: more mean that one was replaced.</summary>
    public long SubscriptionSockets =>
        _subscriptions?.GetCounters() is { } counters ? counters.Interactive.SocketCount + counters.Subscription.SocketCount : 0;

    /// <summary>The bus' own token: cancelled when it is disposed, before anything is closed. Every wait in here ends with it.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Whether there ever was a command connection.</summary>
    public bool IsOpen => _command is not null;

    /// <summary>Whether there is a server at the other end of the command connection.</summary>
    public bool IsConnected => _command is { IsConnected: true };

    /// <summary>The command connection's database. Connect first.</summary>
    public IDatabase Database => (_command ?? throw new InvalidOperationException("Not connected yet.")).GetDatabase();

    /// <summary>Whether a server has answered and is one we can work with. False after a start without Redis.</summary>
    public bool IsServerChecked { get; private set; }

    /// <summary>Where keys and channels are, by the last check; <see langword="null"/> before the first.</summary>
    public ServerPlace? Place { get; private set; }

    /// <summary>The user that connections act as.</summary>
    public string User => settings.Source.CopyOptions(_command).User is { Length: > 0 } user ? user : "default";

    /// <summary>What StackExchange.Redis puts in front of every channel, if the user asked it to.</summary>
    public string ChannelPrefix => (string?)settings.Source.CopyOptions(_command).ChannelPrefix ?? "";

    public bool IsCluster => _command?.GetServers().Any(server => server.ServerType == ServerType.Cluster) ?? false;

    /// <summary>Whether a blocked read can be ended, as far as is known: where CLIENT is denied it goes on for its BLOCK.</summary>
    public bool MayUnblock => !_client.IsDenied;

    /// <summary>The bells that this process listens for.</summary>
    public WakeSignalHub Bells => _bells ?? Interlocked.CompareExchange(ref _bells, new WakeSignalHub(this, time, logger), null) ?? _bells;

    /// <summary>Which newer commands the server knows.</summary>
    public ServerVerbs Verbs { get; } = new(settings.WithoutVerbs, logger);

    /// <summary>What renews the leases that this process holds.</summary>
    public LeaseRenewals Leases =>
        _leases ?? Interlocked.CompareExchange(ref _leases, new LeaseRenewals(OpenLeasesAsync, time, logger), null) ?? _leases;

    private LargeConnection Large => _large
        ?? Interlocked.CompareExchange(
            ref _large,
            new LargeConnection(() => OpenBlockingAsync("large", LargeSilence, countsWrites: true, Stopping), time, logger),
            null)
        ?? _large;

    /// <summary>Which of the cluster's slots a key is in: one command works on one slot. Elsewhere everything is in one.</summary>
    public int SlotOf(RedisKey key) => IsCluster ? _command!.HashSlot(key) : 0;

    /// <summary>The command connection, tried for until StartTimeout is over.</summary>
    /// <exception cref="ObjectDisposedException">The bus is disposed, or was meanwhile.</exception>
    /// <exception cref="RedisMessagingConnectionException">Redis stayed away.</exception>
    /// <exception cref="RedisMessagingConfigurationException">Redis is there, but refuses us, or is none we can work with.</exception>
    public ValueTask<IDatabase> ConnectAsync(CancellationToken cancellationToken)
    {
        ThrowIfStopping();
        return _command is { } command && _mayUse
            ? ValueTask.FromResult(command.GetDatabase())
            : new ValueTask<IDatabase>(ConnectSlowlyAsync(cancellationToken));
    }

    /// <summary>Runs what an operator asks for, and tells a fault of Redis in words of our own.</summary>
    /// <param name="subject">What is asked for: the start of a sentence.</param>
    /// <param name="command">What is sent. It is tried once, and ends within the connection's AsyncTimeout for each command that it
    /// sends.</param>
    /// <param name="cancellationToken">Ends the wait. What was sent may be carried out all the same.</param>
    /// <param name="keys">A glob for the keys that it takes, for the rule that a refused user needs.</param>
    /// <exception cref="RedisMessagingConnectionException">Redis could not be asked.</exception>
    public async ValueTask<T> AskAsync<T>(
        string subject,
        Func<IDatabase, Task<T>> command,
        CancellationToken cancellationToken,
        string? keys = null)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var database = await ConnectAsync(cancellationToken).ConfigureAwait(false);
        return await TranslateAsync(subject, () => command(database), keys, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same for what may bring a large reply, which takes as long as its bytes arrive.</summary>
    /// <inheritdoc cref="AskAsync{T}"/>
    public async ValueTask<T> AskLargeAsync<T>(
        string subject,
        Func<IDatabase, Task<T>> command,
        CancellationToken cancellationToken,
        string? keys = null)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await ConnectAsync(cancellationToken).ConfigureAwait(false);
        return await TranslateAsync(
            subject,
            () => RunLargeAsync(command, Stopping).AsTask(),
            keys,
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Runs a command with large arguments, or a large reply, on the connection for such: nothing small waits behind it, and it may take
    /// its time as long as bytes are moving. Over the command connection while that one is not there.
    /// </summary>
    public async ValueTask<T> RunLargeAsync<T>(Func<IDatabase, Task<T>> command, CancellationToken cancellationToken)
    {
        var database = await ConnectAsync(cancellationToken).ConfigureAwait(false);
        return await Large.FindAsync(cancellationToken).ConfigureAwait(false) is { } large
            ? await large.RunAsync(
                "a large command",
                command,
                CancellationToken.None).AsTask().WaitAsync(cancellationToken).ConfigureAwait(false)
            : await command(database).ConfigureAwait(false);
    }

    /// <summary>
    /// Runs the last command of something that closes. A Redis that is away is hardly waited for: what it is not told it finds out by
    /// itself, when a lease or a key runs out, and many may have something to say.
    /// </summary>
    /// <exception cref="TimeoutException">It was not told in time.</exception>
    public async Task SayGoodbyeAsync(Func<IDatabase, Task> command)
    {
        var saying = command(Database);
        try
        {
            await saying.WaitAsync(_command!.IsConnected ? LongestGoodbye : LongestGoodbyeAway, time).ConfigureAwait(false);
        }
        finally
        {
            FireAndForget.Observe(saying);
        }
    }

    /// <summary>Opens what a caller waits for, also while Redis is away.</summary>
    public PatientCall Patient { get; } = new(settings.StartTimeout, time, logger);

    /// <summary>Asks the server whether it is there, and whether it is one we can work with (<see cref="ServerInspection"/>).</summary>
    /// <exception cref="RedisMessagingConfigurationException">It is not; the text has the fix.</exception>
    public async Task CheckServerAsync()
    {
        var database = Database;
        var server = ConnectedServer();
        if (server is null)
        {
            // Waits for a connection.
            await database.PingAsync().ConfigureAwait(false);
            server = ConnectedServer()
                ?? throw new RedisConnectionException(ConnectionFailureType.UnableToConnect, "No server is connected.");
        }

        // Not over the database: on a cluster any other than 0 fails after a while, and does not say why.
        await server.PingAsync().ConfigureAwait(false);
        var options = settings.Source.CopyOptions(_command);
        var facts = await ServerFacts.AskAsync(server, askUser: !string.IsNullOrEmpty(options.User), logger).ConfigureAwait(false);
        var expected = new ServerExpectations
        {
            User = options.User,
            Database = database.Database,
            ChannelPrefix = options.ChannelPrefix,
            BlockingConnectionOptions = settings.BlockingConnectionOptions,
            DurableTopics = settings.DurableTopics,
            MaxMessageBytes = settings.MaxMessageBytes,
        };
        foreach (var finding in ServerInspection.Look(facts, expected))
        {
            if (!finding.MayBeWarning || settings.OnUnsafeServer != OnUnsafeServer.Warn)
            {
                throw new RedisMessagingConfigurationException(finding.Text);
            }

            Log.UnsafeServer(logger, finding.Text);
        }

        Place = new ServerPlace
        {
            RunId = facts.RunId,
            EndPoints = [.. _command!.GetEndPoints().Select(endPoint => $"{endPoint}")],
            IsCluster = IsCluster,
            Database = database.Database,
            ChannelStart = ChannelPrefix,
        };
        IsServerChecked = true;
    }

    /// <summary>
    /// The connection Pub/Sub subscriptions live on; apart from the commands', so that a flood of messages delays no ack.
    /// </summary>
    public async ValueTask<ISubscriber> GetSubscriberAsync(CancellationToken cancellationToken)
    {
        await ConnectAsync(cancellationToken).ConfigureAwait(false);
        return await InTurnAsync(
            async _ =>
            {
                _subscriptions ??= await OpenSubscriptionsAsync().ConfigureAwait(false);
                if (!_subscriptions.IsConnected)
                {
                    await RequireOwnConnectionsAsync().ConfigureAwait(false);
                }

                NoteProtocol(_subscriptions);
                return _subscriptions.GetSubscriber();
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The connection for publishes that wait for replicas.</summary>
    public async ValueTask<IDatabase> ConnectConfirmedAsync(CancellationToken cancellationToken)
    {
        await ConnectAsync(cancellationToken).ConfigureAwait(false);
        if (_confirmed is { } confirmed)
        {
            return confirmed.GetDatabase();
        }

        return await InTurnAsync(
            async _ =>
            {
                _confirmed ??= await Multiplexers.ConnectAsync(
                    OwnConnectionOptions.ForConfirmed(
                        CopyOptions(),
                        settings.ClientName,
                        settings.LongestReplicationTimeout)).ConfigureAwait(false);
                if (!_confirmed.IsConnected)
                {
                    await RequireOwnConnectionsAsync().ConfigureAwait(false);
                }

                return _confirmed.GetDatabase();
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A connection of its own for one loop that blocks.</summary>
    /// <param name="purpose">What it reads, for its name in CLIENT LIST.</param>
    public ValueTask<BlockingConnection> OpenBlockingAsync(string purpose, CancellationToken cancellationToken) =>
        OpenBlockingAsync(purpose, silence: null, countsWrites: false, cancellationToken);

    private async ValueTask<BlockingConnection> OpenBlockingAsync(
        string purpose,
        TimeSpan? silence,
        bool countsWrites,
        CancellationToken cancellationToken)
    {
        await ConnectAsync(cancellationToken).ConfigureAwait(false);
        var clientName = $"{settings.ClientName}/{purpose}/{Interlocked.Increment(ref _blockingCount)}".Replace(' ', '_');
        var connection = new BlockingConnection(
            () => OwnConnectionOptions.ForBlocking(CopyOptions(), clientName),
            () => _command!,
            _client,
            time,
            logger,
            silence,
            countsWrites);
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            if (!connection.IsConnected)
            {
                await RequireOwnConnectionsAsync().ConfigureAwait(false);
            }
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        return connection;
    }

    /// <summary>
    /// The connection that all readers without one of their own use. Nothing on it blocks; but what is read there may be large, and would
    /// hold up publishes and acks.
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

    /// <summary>Ends every wait: the bus is about to be closed.</summary>
    public void Stop() => _stopping.Cancel();

    /// <exception cref="ObjectDisposedException">The bus is disposed.</exception>
    public void ThrowIfStopping() => ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, typeof(RedisMessageBus));

    public ValueTask DisposeAsync() => new(_disposing.RunAsync(CloseAsync));

    private async Task CloseAsync()
    {
        Stop();
        if (_bells is not null)
        {
            await _bells.DisposeAsync().ConfigureAwait(false);
        }

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

        _lossDiagnosis?.Dispose();
        if (_subscriptions is not null)
        {
            await _subscriptions.DisposeAsync().ConfigureAwait(false);
        }

        if (_confirmed is not null)
        {
            await _confirmed.DisposeAsync().ConfigureAwait(false);
        }

        if (_watchdog is not null)
        {
            await _watchdog.DisposeAsync().ConfigureAwait(false);
        }

        if (_command is not null && settings.Source.Existing is null)
        {
            await _command.DisposeAsync().ConfigureAwait(false);
        }

        foreach (var sentinels in new[] { _sentinels, _ownSentinels })
        {
            if (sentinels is not null)
            {
                await sentinels.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// One at a time opens connections. A caller waits for its turn as long as its own token and the token of the bus allow it.
    /// </summary>
    private async Task<T> InTurnAsync<T>(Func<CancellationToken, Task<T>> open, CancellationToken cancellationToken)
    {
        ThrowIfStopping();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, Stopping);
        try
        {
            await _connecting.WaitAsync(either.Token).ConfigureAwait(false);
            try
            {
                ThrowIfStopping();
                return await open(either.Token).ConfigureAwait(false);
            }
            finally
            {
                _connecting.Release();
            }
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            // By its own token, or by the bus'.
            cancellationToken.ThrowIfCancellationRequested();
            throw BusDisposed.Error();
        }
    }

    /// <summary>
    /// For how long our own command connection may leave commands unanswered: by then they have timed out anyway. A shorter silence than a
    /// second has many reasons.
    /// </summary>
    private TimeSpan Patience => TimeSpan.FromMilliseconds(Math.Max(settings.Source.CopyOptions(null).AsyncTimeout, 1_000));

    private ConfigurationOptions CopyCommandOptions() => FollowSentinels(ref _sentinels, settings.Source.CopyOptions(_command));

    private ConfigurationOptions CopyOptions() =>
        settings.BlockingConnectionOptions is { } own ? FollowSentinels(ref _ownSentinels, own.Clone()) : CopyCommandOptions();

    private ConfigurationOptions FollowSentinels(ref SentinelService? known, ConfigurationOptions options)
    {
        if (SentinelService.Of(options, settings.ClientName, logger) is not { } service)
        {
            return options;
        }

        return (Interlocked.CompareExchange(ref known, service, null) ?? service).Follow(options);
    }

    /// <summary>The same by how many bytes its arguments have.</summary>
    public async ValueTask<T> RunBySizeAsync<T>(long bytes, Func<IDatabase, Task<T>> command, CancellationToken cancellationToken) =>
        bytes >= LargeBytes
        ? await RunLargeAsync(command, cancellationToken).ConfigureAwait(false)
        : await command(await ConnectAsync(cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);

    /// <summary>
    /// The same for what a handler that runs still has to say while the bus is being disposed: over the command connection then, which is
    /// closed last.
    /// </summary>
    public ValueTask<T> RunToTheEndAsync<T>(long bytes, Func<IDatabase, Task<T>> command) => Stopping.IsCancellationRequested
        ? new ValueTask<T>(command(Database))
        : RunBySizeAsync(bytes, command, CancellationToken.None);

    /// <summary>The same for commands that are sent together and keep what became of each: they have all ended when this has.</summary>
    public async ValueTask SendLargeAsync(Func<IDatabase, Task> send, CancellationToken cancellationToken)
    {
        var database = await ConnectAsync(cancellationToken).ConfigureAwait(false);
        if (await Large.FindAsync(cancellationToken).ConfigureAwait(false) is not { } large)
        {
            await send(database).ConfigureAwait(false);
            return;
        }

        Task? sending = null;
        try
        {
            await large.RunAsync("a large publish", SendAsync, CancellationToken.None).ConfigureAwait(false);
        }
        catch (RedisTimeoutException) when (sending is not null)
        {
            // The connection was replaced: what was under way on the old one fails with it.
            await sending.ConfigureAwait(false);
        }

        async Task<bool> SendAsync(IDatabase over)
        {
            sending = send(over);
            await sending.ConfigureAwait(false);
            return true;
        }
    }

    private async ValueTask<T> TranslateAsync<T>(string subject, Func<Task<T>> command, string? keys, CancellationToken cancellationToken)
    {
        try
        {
            return await RedisFaults.AskAsync(subject, Begin(), keys, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (Stopping.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw BusDisposed.Error();
        }

        // What is thrown before the first await becomes the task's, too.
        async Task<T> Begin() => await command().WaitAsync(Stopping).ConfigureAwait(false);
    }

    private Task<IDatabase> ConnectSlowlyAsync(CancellationToken cancellationToken) => InTurnAsync(ConnectInTurnAsync, cancellationToken);

    private async Task<IDatabase> ConnectInTurnAsync(CancellationToken cancellationToken)
    {
        var backoff = new Backoff(time, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(2));
        var started = time.GetTimestamp();
        while (true)
        {
            try
            {
                _command ??= await OpenCommandConnectionAsync(cancellationToken).ConfigureAwait(false);
                if (!_command.IsConnected)
                {
                    await LossDiagnosis.ProbeAsync(CopyCommandOptions()).ConfigureAwait(false);
                }

                await CheckServerAsync().ConfigureAwait(false);
                Use(_command);
                return _command.GetDatabase();
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
                    Use(_command);
                    return _command.GetDatabase();
                }

                if (waited >= settings.StartTimeout)
                {
                    throw new RedisMessagingConnectionException(
                        $"Redis{settings.Source.DescribeServers(_command)} could not be reached for {waited.TotalSeconds:0.#} s "
                        + $"(StartTimeout). Check the connection string and that the server runs, or set StartWithoutRedis to connect "
                        + $"later. The last error: {BoundedText.MessageOf(error)}",
                        error);
                }

                Log.ConnectRetry(logger, waited.TotalSeconds, settings.StartTimeout.TotalSeconds, error);
                await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private void Use(IConnectionMultiplexer command)
    {
        _lossDiagnosis?.Dispose();
        _lossDiagnosis = new LossDiagnosis(command, CopyCommandOptions, time, logger);
        _mayUse = true;
    }

    private IServer? ConnectedServer() => _command!.GetServers().Where(server => server.IsConnected).MinBy(server => server.IsReplica);

    private async Task<ConnectionMultiplexer> OpenSubscriptionsAsync()
    {
        var connection = await Multiplexers.ConnectAsync(
            OwnConnectionOptions.ForSubscriptions(CopyOptions(), settings.ClientName)).ConfigureAwait(false);
        connection.ConnectionFailed += (_, e) =>
        {
            if (CarriesSubscriptions(e))
            {
                SubscriptionsLost?.Invoke(e.EndPoint);
            }
        };
        connection.ConnectionRestored += (_, e) =>
        {
            NoteProtocol(connection);
            if (CarriesSubscriptions(e))
            {
                SubscriptionsRestored?.Invoke(e.EndPoint);
            }
        };
        return connection;
    }

    private async Task<ILeaseConnection> OpenLeasesAsync()
    {
        var connection = new LeaseConnection(
            () => Multiplexers.ConnectAsync(OwnConnectionOptions.ForLeases(CopyOptions(), settings.ClientName, LeaseThreads())),
            () => _command!,
            logger);
        await connection.OpenAsync().ConfigureAwait(false);
        return connection;
    }

    /// <summary>One thread that hands over what is written, one for what was read.</summary>
    private SocketManager LeaseThreads() => _leaseThreads ??= new SocketManager("RedisMessaging leases", workerCount: 2);

    private void NoteProtocol(ConnectionMultiplexer connection)
    {
        if (connection.GetServers().FirstOrDefault(server => server.IsConnected) is { } server)
        {
            _oneSocket = server.Protocol is RedisProtocol.Resp3;
        }
    }

    private bool CarriesSubscriptions(ConnectionFailedEventArgs e) => e.ConnectionType == ConnectionType.Subscription || _oneSocket;

    private string? ConfiguredUser() =>
        _command is null && settings.Source.Options is null ? null : settings.Source.CopyOptions(_command).User;

    /// <summary>
    /// A connection of our own did not come up: finds out whether it ever can, while the command connection shows that the server is there.
    /// </summary>
    private async Task RequireOwnConnectionsAsync()
    {
        try
        {
            await LossDiagnosis.ProbeAsync(CopyOptions()).ConfigureAwait(false);
        }
        catch (Exception error) when (
            error is RedisException or TimeoutException && ConnectRefusal.Explain(error, CopyOptions().User) is not null)
        {
            throw settings.Source.Options is null && settings.BlockingConnectionOptions is null
                ? new RedisMessagingConfigurationException(
                    "A connection of our own could not be opened with the configuration string of the IConnectionMultiplexer that was "
                    + "handed over. "
                    + $"Certificates, tunnels and token providers are not in that string: set BlockingConnectionOptions to the full "
                    + $"ConfigurationOptions. Redis or the handshake said: {BoundedText.MessageOf(error)}",
                    error)
                : ConnectRefusal.Explain(error, CopyOptions().User)!;
        }
        catch (Exception error) when (error is RedisException or TimeoutException)
        {
            // Away for the moment.
        }
    }

    private async Task<IConnectionMultiplexer> OpenCommandConnectionAsync(CancellationToken cancellationToken)
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

        if (CopyCommandOptions() is { Tunnel: SentinelTunnel } && !settings.StartWithoutRedis)
        {
            // The connection can't say why it does not come up when it is they who are at fault.
            await _sentinels!.FindPrimaryAsync().ConfigureAwait(false);
        }

        var connection = await OpenOwnCommandConnectionAsync(abortOnConnectFail: !settings.StartWithoutRedis).ConfigureAwait(false);
        // Only for our own: what the user made may be shared with others, who would be left with the old one.
        _watchdog = new CommandWatchdog(() => _command, ReplaceCommandConnectionAsync, Patience, time, logger);
        return connection;
    }

    private async Task<ConnectionMultiplexer> OpenOwnCommandConnectionAsync(bool abortOnConnectFail)
    {
        var options = OwnConnectionOptions.ForCommands(CopyCommandOptions(), settings.ClientName);
        // With true a wrong password is told at once; it matters only for the first connect.
        options.AbortOnConnectFail = abortOnConnectFail;
        options.ConnectRetry = 1;
        return await Multiplexers.ConnectAsync(options).ConfigureAwait(false);
    }

    /// <summary>
    /// Called by the watchdog, once at a time. What waits for an answer on the old connection fails, its outcome unknown, and its senders
    /// go on over the new one.
    /// </summary>
    private async Task ReplaceCommandConnectionAsync(EndPoint silent, Func<bool> isStillSilent)
    {
        var fresh = await OpenOwnCommandConnectionAsync(abortOnConnectFail: true).ConfigureAwait(false);
        try
        {
            await fresh.GetServer(silent).PingAsync().ConfigureAwait(false);
            // A server that was busy until now answers what it was asked before, too.
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
