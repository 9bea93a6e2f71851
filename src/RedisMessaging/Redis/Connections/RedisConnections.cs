using System.Net;
using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Consuming.Leases;
using RedisMessaging.Redis.Connections.Roles;
using RedisMessaging.Redis.ServerChecks;
using RedisMessaging.Redis.WakeSignals;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Connections;

/// <summary>
/// The connections of the bus: one for commands, one for Pub/Sub subscriptions, and one for each loop that blocks. A facade over the
/// classes that open them.
/// </summary>
internal sealed class RedisConnections : IAsyncDisposable
{
    /// <inheritdoc cref="LargeCommands.LargeBytes"/>
    public const int LargeBytes = LargeCommands.LargeBytes;

    private readonly ConnectionSettings _settings;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly OneTime _disposing = new();
    private readonly ConnectionOpening _opening = new();
    private readonly SentinelRouting _sentinels;
    private readonly ServerGate _gate;
    private readonly CommandConnection _command;
    private readonly SubscriptionConnection _subscriptions;
    private readonly ConfirmedConnection _confirmed;
    private readonly ReaderConnections _readers;
    private readonly LargeCommands _large;
    private readonly RedisOperations _operations;
    private WakeSignalHub? _wakeSignals;

    public RedisConnections(ConnectionSettings settings, TimeProvider time, ILogger logger)
    {
        (_settings, _time, _logger) = (settings, time, logger);
        _sentinels = new SentinelRouting(settings, logger);
        _gate = new ServerGate(settings, logger);
        _command = new CommandConnection(settings, _sentinels, _gate, _opening, time, logger);
        var probe = new OwnConnectionProbe(settings, _sentinels, _command);
        _subscriptions = new SubscriptionConnection(settings, _command, _opening, probe);
        _confirmed = new ConfirmedConnection(settings, _command, _opening, probe);
        _readers = new ReaderConnections(settings, _command, _opening, probe, time, logger);
        _large = new LargeCommands(_command, _opening, () => _readers.Large);
        _operations = new RedisOperations(_command, _large, _opening, time);
        Verbs = new ServerVerbs(settings.WithoutVerbs, logger);
        Patient = new PatientCall(settings.StartTimeout, time, logger);
    }

    /// <inheritdoc cref="SubscriptionConnection.Lost"/>
    public event Action<EndPoint?>? SubscriptionsLost
    {
        add => _subscriptions.Lost += value;
        remove => _subscriptions.Lost -= value;
    }

    /// <inheritdoc cref="SubscriptionConnection.Restored"/>
    public event Action<EndPoint?>? SubscriptionsRestored
    {
        add => _subscriptions.Restored += value;
        remove => _subscriptions.Restored -= value;
    }

    /// <inheritdoc cref="SubscriptionConnection.Sockets"/>
    public long SubscriptionSockets => _subscriptions.Sockets;

    /// <inheritdoc cref="ConnectionOpening.Stopping"/>
    public CancellationToken Stopping => _opening.Stopping;

    /// <summary>Whether there ever was a command connection.</summary>
    public bool IsOpen => _command.CurrentOrNull is not null;

    /// <inheritdoc cref="CommandConnection.IsConnected"/>
    public bool IsConnected => _command.IsConnected;

    /// <inheritdoc cref="CommandConnection.Database"/>
    public IDatabase Database => _command.Database;

    /// <inheritdoc cref="ServerGate.IsChecked"/>
    public bool IsServerChecked => _gate.IsChecked;

    /// <inheritdoc cref="ServerGate.Place"/>
    public ServerPlace? Place => _gate.Place;

    /// <summary>The user that connections act as.</summary>
    public string User => CopyOptions().User is { Length: > 0 } user ? user : "default";

    /// <inheritdoc cref="ServerGate.ChannelPrefix"/>
    public string ChannelPrefix => ServerGate.ChannelPrefix(CopyOptions());

    public bool IsCluster => _command.IsCluster;

    /// <inheritdoc cref="ReaderConnections.MayUnblock"/>
    public bool MayUnblock => _readers.MayUnblock;

    /// <summary>The wake signals that this process listens for.</summary>
    public WakeSignalHub Bells => _wakeSignals
        ?? Interlocked.CompareExchange(ref _wakeSignals, new WakeSignalHub(this, _time, _logger), null)
        ?? _wakeSignals;

    /// <summary>Which newer commands the server knows.</summary>
    public ServerVerbs Verbs { get; }

    /// <inheritdoc cref="ReaderConnections.Leases"/>
    public LeaseRenewals Leases => _readers.Leases;

    /// <summary>Opens what a caller waits for, also while Redis is away.</summary>
    public PatientCall Patient { get; }

    /// <summary>The cluster's slot of a key: one command works on one slot. Without a cluster everything is in one.</summary>
    public int SlotOf(RedisKey key) => IsCluster ? _command.Current.HashSlot(key) : 0;

    /// <inheritdoc cref="CommandConnection.ConnectAsync"/>
    public ValueTask<IDatabase> ConnectAsync(CancellationToken cancellationToken) => _command.ConnectAsync(cancellationToken);

    /// <inheritdoc cref="ServerGate.CheckAsync"/>
    public Task CheckServerAsync() => _command.CurrentOrNull is { } command
        ? _gate.CheckAsync(command)
        : Task.FromException(new InvalidOperationException("Not connected yet."));

    /// <inheritdoc cref="RedisOperations.AskAsync"/>
    public ValueTask<T> AskAsync<T>(
        string subject,
        Func<IDatabase, Task<T>> command,
        CancellationToken cancellationToken,
        string? keys = null) =>
        _operations.AskAsync(subject, command, cancellationToken, keys);

    /// <inheritdoc cref="RedisOperations.AskLargeAsync"/>
    public ValueTask<T> AskLargeAsync<T>(
        string subject,
        Func<IDatabase, Task<T>> command,
        CancellationToken cancellationToken,
        string? keys = null) =>
        _operations.AskLargeAsync(subject, command, cancellationToken, keys);

    /// <inheritdoc cref="RedisOperations.SayGoodbyeAsync"/>
    public Task SayGoodbyeAsync(Func<IDatabase, Task> command) => _operations.SayGoodbyeAsync(command);

    /// <inheritdoc cref="LargeCommands.RunAsync"/>
    public ValueTask<T> RunLargeAsync<T>(Func<IDatabase, Task<T>> command, CancellationToken cancellationToken) =>
        _large.RunAsync(command, cancellationToken);

    /// <inheritdoc cref="LargeCommands.RunBySizeAsync"/>
    public ValueTask<T> RunBySizeAsync<T>(long bytes, Func<IDatabase, Task<T>> command, CancellationToken cancellationToken) =>
        _large.RunBySizeAsync(bytes, command, cancellationToken);

    /// <inheritdoc cref="LargeCommands.RunToTheEndAsync"/>
    public ValueTask<T> RunToTheEndAsync<T>(long bytes, Func<IDatabase, Task<T>> command) => _large.RunToTheEndAsync(bytes, command);

    /// <inheritdoc cref="LargeCommands.SendAsync"/>
    public ValueTask SendLargeAsync(Func<IDatabase, Task> send, CancellationToken cancellationToken) =>
        _large.SendAsync(send, cancellationToken);

    /// <inheritdoc cref="SubscriptionConnection"/>
    public ValueTask<ISubscriber> GetSubscriberAsync(CancellationToken cancellationToken) =>
        _subscriptions.ConnectAsync(cancellationToken);

    /// <inheritdoc cref="ConfirmedConnection"/>
    public ValueTask<IDatabase> ConnectConfirmedAsync(CancellationToken cancellationToken) => _confirmed.ConnectAsync(cancellationToken);

    /// <inheritdoc cref="ReaderConnections.OpenBlockingAsync"/>
    public ValueTask<BlockingConnection> OpenBlockingAsync(string purpose, CancellationToken cancellationToken) =>
        _readers.OpenBlockingAsync(purpose, cancellationToken);

    /// <inheritdoc cref="ReaderConnections.OpenSharedAsync"/>
    public ValueTask<BlockingConnection> OpenSharedAsync(CancellationToken cancellationToken) =>
        _readers.OpenSharedAsync(cancellationToken);

    /// <inheritdoc cref="ConnectionOpening.Stop"/>
    public void Stop() => _opening.Stop();

    /// <inheritdoc cref="ConnectionOpening.ThrowIfStopping"/>
    public void ThrowIfStopping() => _opening.ThrowIfStopping();

    public ValueTask DisposeAsync() => new(_disposing.RunAsync(CloseAsync));

    private ConfigurationOptions CopyOptions() => _settings.Source.CopyOptions(_command.CurrentOrNull);

    private async Task CloseAsync()
    {
        Stop();
        if (_wakeSignals is not null)
        {
            await _wakeSignals.DisposeAsync().ConfigureAwait(false);
        }

        // The command connection closes last: the others may still use it to say that they close.
        await _readers.DisposeAsync().ConfigureAwait(false);
        await _subscriptions.DisposeAsync().ConfigureAwait(false);
        await _confirmed.DisposeAsync().ConfigureAwait(false);
        await _command.DisposeAsync().ConfigureAwait(false);
        await _sentinels.DisposeAsync().ConfigureAwait(false);
    }
}
