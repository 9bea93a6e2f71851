using RedisMessaging.Consuming;

namespace RedisMessaging.Tests.Pipeline;

public sealed class ExclusiveGateTests
{
    private readonly ConcurrencyGate _gate = new();

    [Fact]
    public void Many_are_inside_together()
    {
        for (var i = 0; i < 1_000; i++)
        {
            _gate.EnterAsync(alone: false).AsTask().IsCompletedSuccessfully.Should().BeTrue();
        }
    }

    [Fact]
    public async Task One_is_alone_once_all_others_have_left()
    {
        await _gate.EnterAsync(alone: false);
        await _gate.EnterAsync(alone: false);
        var alone = _gate.EnterAsync(alone: true).AsTask();
        _gate.Exit();
        alone.IsCompleted.Should().BeFalse();

        _gate.Exit();

        await Eventually.EndsAsync(alone);
        _gate.EnterAsync(alone: false).AsTask().IsCompleted.Should().BeFalse();
    }

    [Fact]
    public async Task Those_behind_one_that_waits_to_be_alone_come_after_it()
    {
        await _gate.EnterAsync(alone: false);
        var alone = _gate.EnterAsync(alone: true).AsTask();
        var later = new[] { _gate.EnterAsync(alone: false).AsTask(), _gate.EnterAsync(alone: false).AsTask() };
        var last = _gate.EnterAsync(alone: true).AsTask();
        _gate.Exit();
        await Eventually.EndsAsync(alone);
        later.Should().OnlyContain(entering => !entering.IsCompleted);

        _gate.Exit();

        await Eventually.EndsAsync(Task.WhenAll(later));
        last.IsCompleted.Should().BeFalse();
        _gate.Exit();
        last.IsCompleted.Should().BeFalse("one of the two is still inside");
        _gate.Exit();
        await Eventually.EndsAsync(last);
    }
}
