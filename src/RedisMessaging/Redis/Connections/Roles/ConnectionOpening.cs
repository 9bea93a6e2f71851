using RedisMessaging.Bus.Stopping;

namespace RedisMessaging.Redis.Connections.Roles;

/// <summary>Opens connections one at a time, until the bus is disposed.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage(
    "Design",
    "CA1001",
    Justification = "Callers may still wait for the semaphore or hold the token, and neither has a handle to release.")]
internal sealed class ConnectionOpening
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>
    /// The token of the bus. Disposal cancels it before anything is closed, and every wait for a connection ends with it.
    /// </summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Ends every wait: the bus is about to be closed.</summary>
    public void Stop() => _stopping.Cancel();

    /// <exception cref="ObjectDisposedException">The bus is disposed.</exception>
    public void ThrowIfStopping() => ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, typeof(RedisMessageBus));

    /// <summary>Waits for its turn, then opens. The caller's token and the token of the bus both end the wait.</summary>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> open, CancellationToken cancellationToken)
    {
        ThrowIfStopping();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, Stopping);
        try
        {
            await _turn.WaitAsync(either.Token).ConfigureAwait(false);
            try
            {
                ThrowIfStopping();
                return await open(either.Token).ConfigureAwait(false);
            }
            finally
            {
                _turn.Release();
            }
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            // By its own token, or by the token of the bus.
            cancellationToken.ThrowIfCancellationRequested();
            throw BusDisposed.Error();
        }
    }
}
