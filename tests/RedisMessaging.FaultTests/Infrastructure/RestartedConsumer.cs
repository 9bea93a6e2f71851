namespace RedisMessaging.FaultTests;

/// <summary>A consumer process that is started anew each time it dies, as a supervisor would do.</summary>
internal sealed class RestartedConsumer : IAsyncDisposable
{
    private readonly FaultRun _run;
    private readonly ConsumerProcessOptions _options;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _watching;
    private ConsumerProcess _current;
    private int _deaths;

    private RestartedConsumer(FaultRun run, ConsumerProcessOptions options, ConsumerProcess first)
    {
        _run = run;
        _options = options;
        _current = first;
        _watching = WatchAsync();
    }

    public int Deaths => Volatile.Read(ref _deaths);

    public static async Task<RestartedConsumer> StartAsync(FaultRun run, ConsumerProcessOptions options) =>
        new(run, options, await ConsumerProcess.StartAsync(run, options));

    /// <summary>The one that runs. From now on it is not started anew.</summary>
    public async Task<ConsumerProcess> LastAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        return _current;
    }

    public async ValueTask DisposeAsync()
    {
        await (await LastAsync()).DisposeAsync();
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        while (true)
        {
            try
            {
                await _current.ExitsAsync().WaitAsync(_stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            Interlocked.Increment(ref _deaths);
            await _current.DisposeAsync();
            _current = await ConsumerProcess.StartAsync(_run, _options);
        }
    }
}
