using RedisMessaging.Transports.Queue.Claims;

namespace RedisMessaging.Tests.Transports.Queue;

public sealed class ClaimedLotTests
{
    private readonly ClaimedBatch _lot = new(101, 5, "list");

    [Fact]
    public void The_oldest_is_the_last_element()
    {
        _lot.IndexOf(101).Should().Be(4);
        _lot.IndexOf(105).Should().Be(0);
        _lot.Contains(100).Should().BeFalse();
        _lot.Contains(106).Should().BeFalse();
    }

    [Fact]
    public void What_is_acked_in_order_is_cut_off()
    {
        Ack(101, 102).Should().Be((3, 0));
        Ack(103).Should().Be((2, 0));
        Ack(104, 105).Should().Be((0, 0));
    }

    [Fact]
    public void What_is_acked_out_of_order_leaves_holes_that_are_cut_off_with_the_last_before_them()
    {
        Ack(104, 102).Should().Be((null, 2));
        Ack(101).Should().Be((3, 0));
        Ack(105, 103).Should().Be((0, 0));
    }

    [Fact]
    public void Some_are_cut_off_and_others_leave_holes()
    {
        List<long> numbers = [105, 102, 101, 104];

        _lot.Cut(numbers, out var holes).Should().Be(3);

        holes.Should().Be(2);
        numbers[^holes..].Should().Equal(104, 105);
    }

    [Fact]
    public void An_ack_that_is_under_way_is_not_counted_on()
    {
        _lot.Cut([101], out _).Should().Be(4);

        _lot.Cut([102], out var holes).Should().BeNull("the other ack may yet fail");

        holes.Should().Be(1);
    }

    [Fact]
    public void It_is_over_when_nothing_of_it_is_held()
    {
        Enumerable.Range(0, 4).Should().OnlyContain(_ => _lot.Forget());

        _lot.Forget().Should().BeFalse();
    }

    private (int? Stay, int Holes) Ack(params List<long> numbers)
    {
        var stay = _lot.Cut(numbers, out var holes);
        numbers.ForEach(_lot.Leave);
        _lot.Shorten(stay ?? int.MaxValue);
        return (stay, holes);
    }
}
