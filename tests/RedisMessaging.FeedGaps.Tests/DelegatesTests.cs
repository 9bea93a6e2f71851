using Pipelines.Sockets.Unofficial;

namespace RedisMessaging.FeedGaps.Tests;

public sealed class DelegatesTests
{
    [Fact]
    public void A_list_of_one_is_single()
    {
        Action one = () => { };
        Action? none = null;

        one.IsSingle().Should().BeTrue();
        (one + one).IsSingle().Should().BeFalse();
        none!.IsSingle().Should().BeFalse();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5)]
    public void Each_delegate_comes_in_order(int count)
    {
        var called = new List<int>();
        Action? all = null;
        for (var i = 0; i < count; i++)
        {
            var number = i;
            all += () => called.Add(number);
        }

        foreach (var one in all.AsEnumerable())
        {
            one.IsSingle().Should().BeTrue();
            one();
        }

        called.Should().Equal(Enumerable.Range(0, count));
    }

    [Fact]
    public void Walking_the_list_allocates_nothing()
    {
        Action all = Nothing;
        all += Nothing;
        all += Nothing;
        Walk(all);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var count = Walk(all);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
        count.Should().Be(3);
    }

    private static int Walk(Action all)
    {
        var count = 0;
        foreach (var one in all.AsEnumerable())
        {
            one();
            count++;
        }

        return count;
    }

    private static void Nothing()
    {
    }
}
