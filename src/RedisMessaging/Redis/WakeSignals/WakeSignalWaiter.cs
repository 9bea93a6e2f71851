using RedisMessaging.Background;
using StackExchange.Redis;

namespace RedisMessaging.Redis.WakeSignals;

/// <summary>Waits for the wake signals of one receive loop. Only its loop waits on it, one call at a time.</summary>
internal sealed class WakeSignalWaiter : IAsyncDisposable
{
    /// <summary>How long a wait lasts while it is not certain that its signals are read.</summary>
    public static readonly TimeSpan UncertainWait = TimeSpan.FromMilliseconds(500);

    private readonly WakeSignalHub _hub;
    private readonly TimeProvider _time;
    private readonly WakeSignal[] _signals;
    private readonly Lock _lock = new();
    private readonly ITimer _timer;
    private TaskCompletionSource<bool>? _waiter;
    private bool _isSignalled;

    /// <param name="keys">The streams that signal, all in one slot.</param>
    public WakeSignalWaiter(WakeSignalHub hub, RedisKey[] keys, TimeProvider time)
    {
        _hub = hub;
        _time = time;
        _timer = BackgroundLoop.CreateTimer(time, () => Wake(isSignal: false));
        _signals = Array.ConvertAll(keys, key => hub.Prepare(key, () => Wake(isSignal: true)));
    }

    /// <summary>An ACL denies one of the streams, or it is no stream: the loop has to check for itself.</summary>
    public bool IsDenied => Array.Exists(_signals, signal => signal.IsDenied);

    private bool IsHeard => Array.TrueForAll(_signals, signal => signal.IsHeard);

    /// <param name="positions">For each stream, in their order, the entry after which it signals.</param>
    /// <returns>False without a signal: it is time to check all the same.</returns>
    public async ValueTask<bool> WaitAsync(ReadOnlyMemory<string> positions, TimeSpan longest, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            // What comes after the positions signals again.
            _isSignalled = false;
        }

        for (var i = 0; i < _signals.Length; i++)
        {
            _hub.Set(_signals[i], positions.Span[i]);
        }

        try
        {
            // Signals that are being read from there already are certain to be heard.
            var first = IsHeard || longest < UncertainWait ? longest : UncertainWait;
            var isSignalled = await WaitAsync(first, cancellationToken).ConfigureAwait(false);
            return isSignalled
                || (longest > first && IsHeard && await WaitAsync(longest - first, cancellationToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            Array.ForEach(_signals, _hub.Unset);
            throw;
        }
    }

    /// <summary>No longer listens for the signals.</summary>
    public ValueTask DisposeAsync()
    {
        Array.ForEach(_signals, _hub.Forget);
        return _timer.DisposeAsync();
    }

    private void Wake(bool isSignal)
    {
        TaskCompletionSource<bool>? waiter;
        lock (_lock)
        {
            _isSignalled |= isSignal;
            (waiter, _waiter) = (_waiter, null);
        }

        waiter?.TrySetResult(isSignal);
    }

    /// <summary>Without an exception when it was in vain: hundreds wait like this for ever.</summary>
    private async ValueTask<bool> WaitAsync(TimeSpan longest, CancellationToken cancellationToken)
    {
        var waiter = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_isSignalled)
            {
                return true;
            }

            _waiter = waiter;
        }

        _timer.Change(SharedTimerTick.After(_time, longest), Timeout.InfiniteTimeSpan);
        await using var _ = cancellationToken.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource<bool>)state!).TrySetCanceled(token),
            waiter).ConfigureAwait(false);
        return await waiter.Task.ConfigureAwait(false);
    }
}
