namespace RedisMessaging.Background;

/// <summary>Tells when something that is done now and then is due, with jitter, so that consumers do not do it in step.</summary>
internal sealed class IntervalTimer
{
    private readonly TimeProvider _time;
    private readonly TimeSpan _interval;
    private long _due;

    public IntervalTimer(TimeProvider time, TimeSpan interval)
    {
        _time = time;
        _interval = interval;
        Restart();
    }

    public bool IsDue => _time.GetTimestamp() >= _due;

    /// <summary>How long it takes until it is due; zero when it is.</summary>
    public TimeSpan Rest => IsDue ? TimeSpan.Zero : _time.GetElapsedTime(_time.GetTimestamp(), _due);

    public void Force() => _due = 0;

    public void Restart()
    {
        var wait = _interval * (0.75 + (Random.Shared.NextDouble() / 2));
        _due = _time.GetTimestamp() + (long)(wait.TotalSeconds * _time.TimestampFrequency);
    }
}
