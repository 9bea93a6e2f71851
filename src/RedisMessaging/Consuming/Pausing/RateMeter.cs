namespace RedisMessaging.Consuming.Pausing;

/// <summary>A token bucket, kept as the one instant at which it would be full again.</summary>
internal sealed class RateMeter(RateLimit limit, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly long _start = time.GetTimestamp();
    private readonly double _interval = limit.Per.TotalSeconds * time.TimestampFrequency / limit.Messages;
    private readonly double _burst = limit.Per.TotalSeconds * time.TimestampFrequency;
    private double _fullAt;

    /// <summary>Takes a token. Where there is none, tells after how long there will be one, unless somebody else is quicker.</summary>
    public bool TryTake(out TimeSpan wait)
    {
        lock (_lock)
        {
            var now = (double)(time.GetTimestamp() - _start);
            var fullAt = Math.Max(_fullAt, now) + _interval;
            // Less than a tick is what adding fractions comes to.
            if (fullAt - now > _burst + 1)
            {
                // One millisecond more than it is: timers fire up to one too early, and who looks too early looks in vain.
                wait = TimeSpan.FromMilliseconds(Math.Ceiling((fullAt - now - _burst) * 1000 / time.TimestampFrequency) + 1);
                return false;
            }

            _fullAt = fullAt;
            wait = TimeSpan.Zero;
            return true;
        }
    }

    /// <summary>A token was taken, and no handler started with it.</summary>
    public void GiveBack()
    {
        lock (_lock)
        {
            _fullAt -= _interval;
        }
    }
}
