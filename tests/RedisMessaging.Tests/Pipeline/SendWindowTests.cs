using RedisMessaging.Publishing.Batching;

namespace RedisMessaging.Tests.Pipeline;

/// <summary>How much may be under way.</summary>
public sealed class SendWindowTests
{
    private readonly TestTime _time = new();

    [Fact]
    public void It_widens_while_answers_come_soon_and_all_of_it_is_used()
    {
        var window = new PublishWindow(_time);
        var first = window.Bytes;
        Answer(window, TimeSpan.FromMilliseconds(10), window.Bytes / 4);
        window.Bytes.Should().Be(first, "it was not what anybody waited for");
        for (var i = 0; i < 10; i++)
        {
            Answer(window, TimeSpan.FromMilliseconds(10), window.Bytes);
        }

        window.Bytes.Should().Be(32 << 20);
    }

    [Fact]
    public void It_narrows_once_for_all_answers_that_come_late_together()
    {
        var window = new PublishWindow(_time);
        var first = window.Bytes;
        var sentAt = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromSeconds(2));
        window.Note(sentAt, first);
        window.Note(sentAt, first);
        window.Bytes.Should().Be(first / 2);

        for (var i = 0; i < 20; i++)
        {
            Answer(window, TimeSpan.FromSeconds(2), window.Bytes);
        }

        window.Bytes.Should().Be(64 << 10);
    }

    private void Answer(PublishWindow window, TimeSpan after, long underWay)
    {
        var sentAt = _time.GetTimestamp();
        _time.Advance(after);
        window.Note(sentAt, underWay);
    }
}
