using RedisMessaging.Diagnostics;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.WakeSignals;
using RedisMessaging.Tests.Support;
using RedisMessaging.Topics.Scheduling;
using StackExchange.Redis;

namespace RedisMessaging.Tests.Pipeline;

/// <summary>When what is due is looked for. That it is moved is the contract tests' business.</summary>
public sealed class ScheduleMoverTests : IAsyncDisposable
{
    private readonly TestTime _time = new();
    private readonly FakeSchedule _schedule = new();
    private readonly ListLoggerProvider _log = new();
    private readonly Instruments _instruments = new();
    private readonly RedisConnections _connections;
    private readonly WakeSignalHub _bells;
    private readonly ScheduleMover _mover;

    public ScheduleMoverTests()
    {
        _connections = new RedisConnections(
            new ConnectionSettings { Source = ConnectionSource.From("localhost:1"), StartTimeout = TimeSpan.Zero, StartWithoutRedis = false, ClientName = "test" },
            _time,
            _log);
        _bells = new WakeSignalHub(_connections, _time, _log);
        _mover = new ScheduleMover("topic", _schedule, _schedule.Schedule, _bells, new BusServices(_time, _log, _instruments));
    }

    public async ValueTask DisposeAsync()
    {
        await _mover.DisposeAsync();
        await _bells.DisposeAsync();
        await _connections.DisposeAsync();
        _instruments.Dispose();
    }

    [Fact]
    public async Task It_looks_when_the_next_is_due_and_not_before()
    {
        _mover.Expect(TimeSpan.FromSeconds(10));

        await AdvanceAsync(TimeSpan.FromSeconds(9.9));
        _schedule.Looks.Should().Be(0);
        _schedule.Answers.Enqueue(new DueMove(1, TimeSpan.FromSeconds(5)));
        await AdvanceAsync(TimeSpan.FromSeconds(0.11));
        await LooksAsync(1);

        await AdvanceAsync(TimeSpan.FromSeconds(4.8));
        _schedule.Looks.Should().Be(1);
        await AdvanceAsync(TimeSpan.FromSeconds(0.21));
        await LooksAsync(2);
    }

    [Fact]
    public async Task An_earlier_one_counts_and_a_later_one_does_not()
    {
        _mover.Expect(TimeSpan.FromSeconds(10));
        _mover.Expect(TimeSpan.FromSeconds(3));
        _mover.Expect(TimeSpan.FromSeconds(20));

        await AdvanceAsync(TimeSpan.FromSeconds(2.9));
        _schedule.Looks.Should().Be(0);
        await AdvanceAsync(TimeSpan.FromSeconds(0.11));
        await LooksAsync(1);
    }

    [Fact]
    public async Task More_that_is_due_is_moved_at_once()
    {
        _schedule.Answers.Enqueue(new DueMove(100, TimeSpan.Zero));
        _schedule.Answers.Enqueue(new DueMove(100, TimeSpan.Zero));
        _schedule.Answers.Enqueue(new DueMove(3, null));

        _mover.Expect(TimeSpan.Zero);
        await AdvanceAsync(TimeSpan.FromMilliseconds(1));

        await LooksAsync(3);
    }

    [Fact]
    public async Task However_often_it_is_told_it_looks_a_hundred_times_a_second_at_the_most()
    {
        for (var i = 0; i < 100; i++)
        {
            _mover.Expect(TimeSpan.Zero);
            await AdvanceAsync(TimeSpan.FromMilliseconds(1));
        }

        _schedule.Looks.Should().BeInRange(5, 11);
    }

    [Fact]
    public async Task It_looks_about_once_a_minute_when_nothing_is_known()
    {
        _mover.Expect(TimeSpan.Zero);
        await AdvanceAsync(TimeSpan.FromMilliseconds(1));
        await LooksAsync(1);

        await AdvanceAsync(TimeSpan.FromSeconds(44));
        _schedule.Looks.Should().Be(1);
        await AdvanceAsync(TimeSpan.FromSeconds(32));
        await LooksAsync(2);
    }

    [Fact]
    public async Task It_survives_faults_and_tells_of_the_first_and_the_end()
    {
        for (var i = 0; i < 3; i++)
        {
            _schedule.Answers.Enqueue(new RedisConnectionException(ConnectionFailureType.SocketFailure, "gone"));
        }

        _schedule.Answers.Enqueue(new DueMove(1, null));
        _mover.Expect(TimeSpan.Zero);

        await Eventually.TrueAsync(async () =>
        {
            await AdvanceAsync(TimeSpan.FromMilliseconds(100));
            return _schedule.Looks == 4;
        });
        await Eventually.TrueAsync(() => _log.TextsOf(7001).Any());
        _log.TextsOf(7000).Should().ContainSingle();
    }

    [Fact]
    public async Task Who_may_not_move_leaves_it_to_the_consumers()
    {
        for (var i = 0; i < 10; i++)
        {
            _schedule.Answers.Enqueue(new RedisServerException("NOPERM this user has no permissions to run the 'zrangebyscore' command"));
        }

        _mover.Expect(TimeSpan.Zero);
        await AdvanceAsync(TimeSpan.FromMilliseconds(1));
        await LooksAsync(1);
        await AdvanceAsync(TimeSpan.FromSeconds(50));

        _schedule.Looks.Should().Be(1);
        await AdvanceAsync(TimeSpan.FromSeconds(11));
        await LooksAsync(2);
        _log.TextsOf(7002).Should().ContainSingle();
        _log.TextsOf(7000).Should().BeEmpty();
    }

    [Fact]
    public async Task It_ends_while_it_sleeps()
    {
        _mover.Expect(TimeSpan.FromHours(1));

        await Eventually.EndsAsync(_mover.DisposeAsync().AsTask());

        _mover.Expect(TimeSpan.Zero);
        await AdvanceAsync(TimeSpan.FromMinutes(1));
        _schedule.Looks.Should().Be(0);
    }

    private Task LooksAsync(int count) => Eventually.TrueAsync(() => _schedule.Looks == count, what: $"{count} looks; there were {_schedule.Looks}");

    /// <summary>And gives what was woken time to go back to sleep.</summary>
    private async Task AdvanceAsync(TimeSpan by)
    {
        _time.Advance(by);
        await Task.Delay(10);
    }
}
