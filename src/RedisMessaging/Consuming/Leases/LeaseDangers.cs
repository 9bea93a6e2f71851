using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Diagnostics.Logging;

namespace RedisMessaging.Consuming.Leases;

/// <summary>
/// Warns, now and then, of what endangers leases: a process that was frozen, and handlers that block the threads of the pool. Without those
/// threads nothing is fetched, acked or stopped either.
/// </summary>
/// <param name="onPool">Runs something on the thread pool. Default: as all background work.</param>
internal sealed class LeaseDangers(TimeProvider time, ILogger logger, Action<Action>? onPool)
{
    /// <summary>How long work may wait for the pool before that is logged.</summary>
    private static readonly TimeSpan MaxPoolDelay = TimeSpan.FromSeconds(5);

    /// <summary>A busy machine is not worth a warning.</summary>
    private static readonly TimeSpan MinDelay = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan WarningInterval = TimeSpan.FromMinutes(1);

    private readonly Action<Action> _onPool = onPool ?? RunOnPool;
    private long _probed;
    private long? _warned;

    /// <param name="late">How late a renewal is.</param>
    /// <param name="interval">How often that lease is renewed.</param>
    public void Warn(TimeSpan late, TimeSpan interval)
    {
        var since = Interlocked.Read(ref _probed);
        var blocked = since == 0 ? TimeSpan.Zero : time.GetElapsedTime(since);
        if (since == 0)
        {
            Interlocked.Exchange(ref _probed, Math.Max(1, time.GetTimestamp()));
            _onPool(() => Interlocked.Exchange(ref _probed, 0));
        }

        var isLate = late >= interval && late >= MinDelay;
        if ((!isLate && blocked < MaxPoolDelay) || (_warned is { } warned && time.GetElapsedTime(warned) < WarningInterval))
        {
            return;
        }

        _warned = time.GetTimestamp();
        if (isLate)
        {
            Log.RenewalLate(logger, late.TotalSeconds);
        }
        else
        {
            Log.PoolBlocked(logger, blocked.TotalSeconds);
        }
    }

    private static void RunOnPool(Action action) => _ = BackgroundLoop.Run(() =>
    {
        action();
        return Task.CompletedTask;
    });
}
