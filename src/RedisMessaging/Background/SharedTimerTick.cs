namespace RedisMessaging.Background;

/// <summary>
/// Has those that sleep for long wake together, on a process' common seconds: for hundreds of idle consumers it is waking up that costs,
/// not what they do then.
/// </summary>
internal static class SharedTimerTick
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(4);

    /// <summary>Up to a second longer, if it is long.</summary>
    public static TimeSpan After(TimeProvider time, TimeSpan wait)
    {
        if (wait < Long)
        {
            return wait;
        }

        var end = time.GetElapsedTime(0, time.GetTimestamp()) + wait;
        return wait + TimeSpan.FromTicks(Tick.Ticks - (end.Ticks % Tick.Ticks));
    }
}
