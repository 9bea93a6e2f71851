namespace RedisMessaging.Tests.Testing;

/// <summary>The clock other tests stand on.</summary>
public sealed class TestTimeTests
{
    private readonly TestTime _time = new();

    [Fact]
    public void Time_stands_still_until_it_is_advanced()
    {
        var start = _time.GetUtcNow();
        var timestamp = _time.GetTimestamp();

        _time.Advance(TimeSpan.FromMinutes(3));

        _time.GetUtcNow().Should().Be(start.AddMinutes(3));
        _time.GetElapsedTime(timestamp).Should().Be(TimeSpan.FromMinutes(3));
    }

    [Fact]
    public void Timers_run_in_the_order_of_their_times()
    {
        var runs = new List<(string Name, TimeSpan At)>();
        var start = _time.GetTimestamp();
        void Run(object? name) => runs.Add(((string)name!, _time.GetElapsedTime(start)));
        using var late = _time.CreateTimer(Run, "late", TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan);
        using var periodic = _time.CreateTimer(Run, "periodic", TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2));
        using var never = _time.CreateTimer(Run, "never", Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        using var disposed = _time.CreateTimer(Run, "disposed", TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        disposed.Dispose();

        _time.Advance(TimeSpan.FromSeconds(6));

        runs.Should().Equal(
            ("periodic", TimeSpan.FromSeconds(2)),
            ("periodic", TimeSpan.FromSeconds(4)),
            ("late", TimeSpan.FromSeconds(5)),
            ("periodic", TimeSpan.FromSeconds(6)));
        _time.WaitingTimers.Should().Be(1);
    }

    [Fact]
    public async Task Delays_and_deadlines_follow_it()
    {
        var delay = Task.Delay(TimeSpan.FromHours(1), _time);
        using var deadline = new CancellationTokenSource(TimeSpan.FromHours(2), _time);
        var waiting = new TaskCompletionSource().Task.WaitAsync(TimeSpan.FromHours(3), _time);

        _time.Advance(TimeSpan.FromMinutes(59));
        delay.IsCompleted.Should().BeFalse();
        _time.Advance(TimeSpan.FromMinutes(1));
        await Eventually.EndsAsync(delay);
        deadline.IsCancellationRequested.Should().BeFalse();
        _time.Advance(TimeSpan.FromHours(2));

        deadline.IsCancellationRequested.Should().BeTrue();
        await FluentActions.Awaiting(() => waiting).Should().ThrowAsync<TimeoutException>();
    }
}
