namespace RedisMessaging.FaultTests;

/// <summary>The system's time, with a wall clock that can be put forward and back. Timestamps and timers run on: no system lets those jump back.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private long _shift;

    /// <summary>By how much the wall clock is wrong.</summary>
    public TimeSpan Shift
    {
        get => TimeSpan.FromTicks(Volatile.Read(ref _shift));
        set => Volatile.Write(ref _shift, value.Ticks);
    }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Shift;
}
