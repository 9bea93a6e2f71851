using System.Threading.Channels;
using RedisMessaging.Background;

namespace RedisMessaging.Topics.Scheduling;

/// <summary>Wakes the mover of a topic when its schedule is to be checked next: at the earliest time that was asked for.</summary>
internal sealed class ScheduleAlarm : IAsyncDisposable
{
    // Messages that are due one after the other are moved several at a time, which takes little of the server.
    private static readonly TimeSpan MinPause = TimeSpan.FromMilliseconds(10);

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly TimeSpan _maxWait;
    private readonly ITimer _timer;
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private long _next = long.MaxValue;
    private long _earliest = long.MinValue;

    /// <param name="maxWait">No wait is longer.</param>
    public ScheduleAlarm(TimeProvider time, TimeSpan maxWait)
    {
        _time = time;
        _maxWait = maxWait;
        _timer = BackgroundLoop.CreateTimer(time, () => _wake.Writer.TryWrite(true));
    }

    /// <summary>Wakes after so long, if nothing earlier is set.</summary>
    public void Set(TimeSpan wait)
    {
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            var next = Math.Max(_earliest, After(now, wait));
            if (next < _next)
            {
                _next = next;
                _timer.Change(Until(now, next), Timeout.InfiniteTimeSpan);
            }
        }
    }

    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _wake.Reader.ReadAsync(cancellationToken);

    /// <summary>A check begins: it may not see what is scheduled from now on, so that each later <see cref="Set"/> counts again.</summary>
    public void BeginCheck()
    {
        lock (_lock)
        {
            _next = long.MaxValue;
            _earliest = After(_time.GetTimestamp(), MinPause);
        }
    }

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private long After(long timestamp, TimeSpan wait) => timestamp + (long)Math.Ceiling(wait.TotalSeconds * _time.TimestampFrequency);

    /// <summary>
    /// One millisecond more than it is: timers count whole ones and fire up to one too early, and an early check finds nothing.
    /// </summary>
    private TimeSpan Until(long now, long timestamp) => timestamp <= now
        ? TimeSpan.Zero
        : TimeSpan.FromMilliseconds(
            Math.Min(Math.Ceiling((timestamp - now) * 1000.0 / _time.TimestampFrequency) + 1, _maxWait.TotalMilliseconds));
}
