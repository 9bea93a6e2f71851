namespace RedisMessaging.Tests.Support;

/// <summary>The system's clock, whose members throw while it is broken.</summary>
internal sealed class BrokenTime : TimeProvider
{
    private volatile bool _isBroken;

    public bool IsBroken
    {
        get => _isBroken;
        set => _isBroken = value;
    }

    public override DateTimeOffset GetUtcNow()
    {
        ThrowIfBroken();
        return System.GetUtcNow();
    }

    public override long GetTimestamp()
    {
        ThrowIfBroken();
        return System.GetTimestamp();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ThrowIfBroken();
        return System.CreateTimer(callback, state, dueTime, period);
    }

    private void ThrowIfBroken()
    {
        if (IsBroken)
        {
            throw new FormatException("The clock threw.");
        }
    }
}
