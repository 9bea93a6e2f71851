using StackExchange.Redis;

namespace RedisMessaging.Load.Ways.ByHand;

/// <summary>A hand-written loop on two connections: one that commands, one that blocks.</summary>
internal abstract class HandConsumer(Place place, Action<ReadOnlyMemory<byte>> handle) : IAsyncDisposable
{
    private ConnectionMultiplexer? _commands;
    private ConnectionMultiplexer? _blocking;
    private Task _running = Task.CompletedTask;

    protected Place Place { get; } = place;

    protected IDatabase Database { get; private set; } = null!;

    /// <summary>Nothing but blocking reads goes over it.</summary>
    protected IDatabase Blocking { get; private set; } = null!;

    protected bool IsStopped { get; private set; }

    protected void Handle(RedisValue frame) => handle(frame);

    public async Task StartAsync()
    {
        _commands = await Place.ConnectAsync();
        _blocking = await Place.ConnectAsync();
        Database = _commands.GetDatabase();
        Blocking = _blocking.GetDatabase();
        await PrepareAsync(_commands);
        _running = Task.Run(RunAsync);
    }

    /// <summary>Before the first message is sent.</summary>
    protected virtual Task PrepareAsync(ConnectionMultiplexer connection) => Task.CompletedTask;

    /// <summary>Reads and handles until it is stopped.</summary>
    protected abstract Task RunAsync();

    /// <exception cref="RedisException">What ended the loop before it was told to end.</exception>
    public async ValueTask DisposeAsync()
    {
        var ended = _running.IsFaulted;
        IsStopped = true;
        // Not DisposeAsync first: with a blocked call under way that takes five seconds.
        await _blocking!.CloseAsync(allowCommandsToComplete: false);
        await _commands!.CloseAsync(allowCommandsToComplete: false);
        // The end of the connections is the end of the loop, whatever StackExchange.Redis makes of it.
        await _running.WaitAsync(TimeSpan.FromSeconds(10)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _blocking.DisposeAsync();
        await _commands.DisposeAsync();
        if (ended)
        {
            await _running;
        }
    }
}
