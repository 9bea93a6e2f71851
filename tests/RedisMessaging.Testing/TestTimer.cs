namespace RedisMessaging.Testing;

internal sealed class TestTimer(TestTime time, TimerCallback callback, object? state) : ITimer
{
    public DateTimeOffset Due { get; set; }

    /// <summary>Zero or less: it runs once.</summary>
    public TimeSpan Period { get; set; }

    public void Run() => callback(state);

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        time.Schedule(this, dueTime, period);
        return true;
    }

    public void Dispose() => time.Cancel(this);

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
