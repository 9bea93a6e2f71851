namespace RedisMessaging.Bus;

/// <summary>One start of a bus, up to the stop that ends it.</summary>
internal sealed class BusStart
{
    private readonly CancellationTokenSource _ending;
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="stopping">The bus' own token.</param>
    public BusStart(CancellationToken stopping)
    {
        _ending = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        Token = _ending.Token;
    }

    /// <summary>Cancelled when it is to end, begun or done.</summary>
    public CancellationToken Token { get; }

    public Task Done => _done.Task;

    public bool HasFailed => Done.IsCompleted && !Done.IsCompletedSuccessfully;

    /// <summary>What continues in the background.</summary>
    public Task GoesOn { get; set; } = Task.CompletedTask;

    /// <param name="start">Begins it.</param>
    /// <param name="cancellationToken">Of the caller that starts: ends it.</param>
    public async Task RunAsync(Func<Task> start, CancellationToken cancellationToken)
    {
        try
        {
            await using var giveUp = cancellationToken.UnsafeRegister(
                static state => ((CancellationTokenSource)state!).Cancel(),
                _ending).ConfigureAwait(false);
            await start().ConfigureAwait(false);
            _done.SetResult();
        }
        catch (Exception error)
        {
            _done.SetException(error);
            // Mostly no other caller waits for it.
            _ = _done.Task.Exception;
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }
    }

    public async Task EndAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await Done.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await GoesOn.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
