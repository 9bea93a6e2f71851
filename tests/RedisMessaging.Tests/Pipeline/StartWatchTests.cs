using RedisMessaging.Bus;
using RedisMessaging.Tests.Support;

namespace RedisMessaging.Tests.Pipeline;

/// <summary>A bus whose handlers are not started is reported.</summary>
public sealed class StartWatchTests : IDisposable
{
    private readonly TestTime _time = new();
    private readonly ListLoggerProvider _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public void Handlers_that_are_not_started_are_reported_once()
    {
        _ = new StartWatch(3, _time, _log);
        _time.Advance(TimeSpan.FromSeconds(29));
        _log.Lines.Should().BeEmpty();

        _time.Advance(TimeSpan.FromSeconds(60));

        _log.TextsOf(2009).Should().ContainSingle().Which.Should().Contain("not started").And.Contain("3 handlers").And.Contain("StartAsync");
    }

    [Fact]
    public void A_bus_that_was_started_or_has_no_handlers_is_not()
    {
        var started = new StartWatch(3, _time, _log);
        _ = new StartWatch(0, _time, _log);
        started.End();

        _time.Advance(TimeSpan.FromMinutes(2));

        _log.Lines.Should().BeEmpty();
    }
}
