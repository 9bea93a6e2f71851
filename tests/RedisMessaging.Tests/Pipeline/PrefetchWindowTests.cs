using RedisMessaging.Consuming.InFlight;
using RedisMessaging.Tests.Support;

namespace RedisMessaging.Tests.Pipeline;

public sealed class PrefetchWindowTests
{
    private readonly TestTime _time = new();

    [Fact]
    public void Quick_handlers_have_the_largest_window_after_a_few_waits()
    {
        var window = new PrefetchWindow(start: 16, min: 2, _time);
        for (var waits = 0; waits < 7; waits++)
        {
            Wait(window, handled: window.Size / 2, TimeSpan.FromMilliseconds(1));
        }

        window.Size.Should().Be(1_000);
    }

    [Fact]
    public void Slow_handlers_have_the_smallest_window_after_a_few_waits()
    {
        var window = new PrefetchWindow(start: 100, min: 8, _time);
        for (var waits = 0; waits < 5; waits++)
        {
            Wait(window, handled: 4, TimeSpan.FromSeconds(1));
        }

        window.Size.Should().Be(8);
    }

    [Fact]
    public void The_window_is_what_handlers_get_through_in_a_tenth_of_a_second()
    {
        var window = new PrefetchWindow(start: 100, min: 2, _time);

        Wait(window, handled: 75, TimeSpan.FromMilliseconds(50));

        window.Size.Should().Be(150);
    }

    [Fact]
    public void One_long_wait_halves_it_and_one_short_wait_doubles_it()
    {
        var window = new PrefetchWindow(start: 100, min: 2, _time);

        Wait(window, handled: 1, TimeSpan.FromHours(1));
        window.Size.Should().Be(50);

        Wait(window, handled: 25, TimeSpan.Zero);
        window.Size.Should().Be(100);
    }

    [Fact]
    public void A_few_quick_messages_between_slow_ones_do_not_make_it_larger()
    {
        var window = new PrefetchWindow(start: 100, min: 2, _time);

        Wait(window, handled: 24, TimeSpan.FromMilliseconds(1));

        window.Size.Should().Be(100);
    }

    [Fact]
    public void A_window_that_starts_above_the_usual_bound_keeps_its_size()
    {
        var window = new PrefetchWindow(start: 4_000, min: 4_000, _time);

        Wait(window, handled: 1, TimeSpan.FromHours(1));
        Wait(window, handled: 4_000, TimeSpan.FromMilliseconds(1));

        window.Size.Should().Be(4_000);
    }

    [Fact]
    public void A_wait_in_which_nothing_was_handled_says_nothing()
    {
        var window = new PrefetchWindow(start: 100, min: 2, _time);

        Wait(window, handled: 0, TimeSpan.FromSeconds(1));

        window.Size.Should().Be(100);
    }

    private void Wait(PrefetchWindow window, int handled, TimeSpan took)
    {
        window.BeginWait(window.Size);
        _time.Advance(took);
        window.EndWait(window.Size - handled);
    }
}
