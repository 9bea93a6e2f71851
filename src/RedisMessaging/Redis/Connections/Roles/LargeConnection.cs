using Microsoft.Extensions.Logging;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Errors;

namespace RedisMessaging.Redis.Connections.Roles;

/// <summary>
/// The one connection for commands whose arguments or replies are large, opened with the first of them. Where it can't be opened, the
/// command connection serves.
/// </summary>
/// <param name="open">Opens it, for as long as the bus is there: not by the token of the first caller, since others wait for it,
/// too.</param>
internal sealed class LargeConnection(Func<ValueTask<BlockingConnection>> open, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan OpenRetry = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private Task<BlockingConnection>? _opening;
    private long _mayOpen = long.MinValue;
    private bool _disposed;

    /// <returns><see langword="null"/> when it is not there at the moment.</returns>
    public async ValueTask<BlockingConnection?> FindAsync(CancellationToken cancellationToken)
    {
        Task<BlockingConnection> opening;
        lock (_lock)
        {
            if (_disposed || (_opening is null && time.GetTimestamp() < _mayOpen))
            {
                return null;
            }

            opening = _opening ??= open().AsTask();
        }

        try
        {
            var connection = await opening.WaitAsync(cancellationToken).ConfigureAwait(false);
            return connection.IsConnected ? connection : null;
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error) || error is RedisMessagingException)
        {
            Forget(opening, error);
            return null;
        }
        catch (Exception stopping) when (
            !cancellationToken.IsCancellationRequested && stopping is OperationCanceledException or ObjectDisposedException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task<BlockingConnection>? opening;
        lock (_lock)
        {
            _disposed = true;
            opening = _opening;
        }

        if (opening is not null)
        {
            await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (opening.IsCompletedSuccessfully)
            {
                await (await opening.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private void Forget(Task<BlockingConnection> failed, Exception error)
    {
        lock (_lock)
        {
            if (_opening != failed)
            {
                return;
            }

            _opening = null;
            _mayOpen = time.GetTimestamp() + (long)(OpenRetry.TotalSeconds * time.TimestampFrequency);
        }

        Log.LargeConnectionFailed(logger, error);
    }
}
