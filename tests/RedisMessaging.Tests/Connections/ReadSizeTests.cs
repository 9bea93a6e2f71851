using RedisMessaging.Redis.Connections;

namespace RedisMessaging.Tests.Connections;

/// <summary>How much a read asks for.</summary>
public sealed class ReadSizeTests
{
    private const int Mebi = 1 << 20;

    private readonly TestTime _time = new();
    private readonly ReadSize _size;

    public ReadSizeTests() => _size = new ReadSize(_time);

    [Fact]
    public void The_first_read_asks_for_one_and_small_messages_soon_for_all_there_is_room_for()
    {
        var asked = new List<int>();
        for (var i = 0; i < 4; i++)
        {
            asked.Add(_size.CountFor(250));
            _size.Note(asked[^1], 300L * asked[^1]);
        }

        asked.Should().Equal(1, 8, 64, 250);
    }

    [Fact]
    public void Large_messages_are_asked_for_by_their_bytes_one_at_least()
    {
        _size.CountFor(250);
        _size.Note(1, 4 * Mebi);
        _size.CountFor(250).Should().Be(2);
        _size.CountFor(250, bytes: Mebi).Should().Be(1);
        _size.Note(1, 500L * Mebi);
        _size.CountFor(250).Should().Be(1);
    }

    [Fact]
    public void Of_messages_of_many_sizes_the_largest_pages_count_and_are_forgotten_by_and_by()
    {
        Grow();
        _size.Note(100, 100L * Mebi);
        _size.CountFor(250).Should().Be(8);
        for (var i = 0; i < 20; i++)
        {
            _size.Note(8, 8 * 300);
        }

        _size.CountFor(250).Should().Be(250);
    }

    [Fact]
    public void A_read_that_failed_is_followed_by_one_of_half_its_size_and_grows_again()
    {
        Grow();
        _size.CountFor(100).Should().Be(100);
        _size.NoteFault();
        _size.CountFor(100).Should().Be(50);
        _size.NoteFault();
        _size.CountFor(100).Should().Be(25);
        _size.Note(25, 25 * 300);
        _size.CountFor(100).Should().Be(50);
        _size.Note(50, 50 * 300);
        _size.CountFor(100).Should().Be(100);
    }

    [Fact]
    public void A_slow_link_is_asked_for_what_it_carries_in_a_second()
    {
        _size.CountFor(250);
        var sentAt = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromSeconds(8));
        _size.Note(1, 8 * Mebi, sentAt);
        _size.Bytes.Should().Be(Mebi);

        for (var i = 0; i < 3; i++)
        {
            sentAt = _time.GetTimestamp();
            _time.Advance(TimeSpan.FromMilliseconds(100));
            _size.Note(1, Mebi, sentAt);
        }

        _size.Bytes.Should().Be(ReadSize.MostBytes);
    }

    private void Grow()
    {
        for (var i = 0; i < 4; i++)
        {
            var asked = _size.CountFor(1_000);
            _size.Note(asked, 300L * asked);
        }
    }
}
