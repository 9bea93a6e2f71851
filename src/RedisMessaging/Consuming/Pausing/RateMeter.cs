namespace RedisMessaging.Consuming.Pausing;

/// <summary>A token bucket, kept as the one instant at which it would be full again.</summary>
internal sealed class RateMeter(RateLimit limit, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly long _start = time.GetTimestamp();
    private readonly double _interval = limit.Per.TotalSeconds * time.TimestampFrequency / limit.Messages;
    private readonly double _burst = limit.Per.TotalSeconds * time.TimestampFrequency;
    private double _fullAt;

    /// <summary>Takes a token. Without one, tells after how long the next one is expected; another worker may take it first.</summary>
    public bool TryTake(out TimeSpan wait)
    {
        lock (_lock)
        {
            var now = (double)(time.GetTimestamp() - _start);
            var fullAt = Math.Max(_fullAt, now) + _interval;
            // Adding fractions may be wrong by less than a tick.
            if (fullAt - now > _burst + 1)
            {
                // One millisecond more than it is: timers fire up to one too early, and an early check finds nothing.
                wait = TimeSpan.FromMilliseconds(Math.Ceiling((fullAt - now - _burst) * 1000 / time.TimestampFrequency) + 1);
                return false;
            }

            _fullAt = fullAt;
            wait = TimeSpan.Zero;
            return true;
        }
    }

    /// <summary>Returns a token that no handler was started with.</summary>
    public void ReturnPermit()
    {
        lock (_lock)
        {
            _fullAt -= _interval;
        }
    }
}
