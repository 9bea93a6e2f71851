using RedisMessaging.Background;
using RedisMessaging.Tests.Support;

namespace RedisMessaging.Tests.Background;

/// <summary>A loop that has to last is started again when it ends with an exception.</summary>
public sealed class BackgroundLoopTests : IDisposable
{
    private const int Ended = 1000;
    private const int Restarted = 1002;

    private readonly ListLoggerProvider _log = new();

    [Fact]
    public async Task It_is_started_again_and_an_error_is_logged()
    {
        var runs = 0;

        var running = BackgroundLoop.StartLasting("loop", _log, () => Interlocked.Increment(ref runs) == 1 ? throw new BrokenException() : Task.CompletedTask, () => false);

        await Eventually.EndsAsync(running);
        runs.Should().Be(2);
        _log.TextsOf(Restarted).Should().ContainSingle().Which.Should().Contain("loop");
    }

    [Fact]
    public async Task What_it_throws_once_its_owner_stops_it_is_logged_and_does_not_reach_the_owner()
    {
        var stopped = false;

        var running = BackgroundLoop.StartLasting(
            "loop",
            _log,
            () =>
            {
                stopped = true;
                throw new BrokenException();
            },
            () => stopped);

        await Eventually.EndsAsync(running);
        _log.TextsOf(Ended).Should().ContainSingle();
    }

    [Fact]
    public async Task A_cancellation_that_stops_it_is_no_error()
    {
        var running = BackgroundLoop.StartLasting("loop", _log, () => throw new OperationCanceledException(), () => true);

        await Eventually.EndsAsync(running);
        _log.Lines.Should().BeEmpty();
    }

    public void Dispose() => _log.Dispose();
}
