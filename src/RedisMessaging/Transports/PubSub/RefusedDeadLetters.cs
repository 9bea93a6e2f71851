using RedisMessaging.Background;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Transports.PubSub;

/// <summary>
/// Dead letters that Redis refuses, for want of a right or because their key holds something else. They are written again for some seconds, beside whatever the subscription does; it waits for none of
/// them. Writing one twice does no harm: an index knows it.
/// </summary>
/// <param name="write">Writes one. What it throws is no more than a fault of Redis.</param>
/// <param name="drop">Gives one up.</param>
internal sealed class RefusedDeadLetters(TransportContext context, Func<Settlement, Task> write, Action<Settlement, Exception> drop) : IAsyncDisposable
{
    private const int Most = 100;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(12);

    private readonly Lock _lock = new();
    private readonly Queue<(Settlement Settlement, long Since)> _waiting = [];
    private readonly CancellationTokenSource _stop = new();
    private Task? _running;

    /// <returns>False when too many wait already.</returns>
    public bool TryAdd(in Settlement settlement)
    {
        lock (_lock)
        {
            if (_waiting.Count == Most || _stop.IsCancellationRequested)
            {
                return false;
            }

            _waiting.Enqueue((settlement, context.Time.GetTimestamp()));
            if (_running is null or { IsCompleted: true })
            {
                _running = BackgroundLoop.StartLasting(nameof(RefusedDeadLetters), context.Logger, RunAsync, () => _stop.IsCancellationRequested);
            }

            return true;
        }
    }

    /// <summary>One last try, and what is refused then is given up.</summary>
    public async ValueTask DisposeAsync()
    {
        Task? running;
        lock (_lock)
        {
            _stop.Cancel();
            running = _running;
        }

        await (running ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RunAsync()
    {
        var backoff = new Backoff(context.Time, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
        while (TryPeek(out var next, out var since))
        {
            await backoff.WaitAsync(_stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await write(next).ConfigureAwait(false);
                backoff.Reset();
            }
            catch (Exception error) when (RedisErrors.IsRedisFault(error))
            {
                if (!_stop.IsCancellationRequested && context.Time.GetElapsedTime(since) < Longest)
                {
                    continue;
                }

                drop(next, error);
            }

            lock (_lock)
            {
                _waiting.Dequeue();
            }
        }
    }

    private bool TryPeek(out Settlement settlement, out long since)
    {
        lock (_lock)
        {
            var any = _waiting.TryPeek(out var next);
            (settlement, since) = next;
            if (!any)
            {
                _running = null;
            }

            return any;
        }
    }
}
