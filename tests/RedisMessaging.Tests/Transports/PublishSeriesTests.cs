using RedisMessaging.Publishing;
using RedisMessaging.Publishing.Repeats;
using RedisMessaging.Tests.Support;

namespace RedisMessaging.Tests.Transports;

/// <summary>How long a number stays known that a publish was sent with.</summary>
public sealed class PublishSeriesTests
{
    private const int Lot = PublishSeries.IdsPerProducer / 2;

    [Fact]
    public void A_producer_never_has_more_numbers_behind_one_that_may_be_repeated_than_redis_keeps()
    {
        var series = new PublishSeries();
        series.TryDraw(1_000, out _);
        const long number = 17;
        var mine = series.ProducerOf(number);
        long next = 1_000;
        while (new PublishSeriesProbe(number, next).MayBeRepeated)
        {
            next++;
        }

        Enumerable.Range(0, (int)next).Count(other => other > number && series.ProducerOf(other) == mine).Should().BeLessThan(Lot, "another lot that arrives a turn late fits in as well");
        next.Should().BeGreaterThan(16_384 + 1_000, "so many may be under way at once");
    }

    [Fact]
    public void A_number_that_is_held_closes_its_series()
    {
        var series = new PublishSeries();
        series.TryDraw(10, out var first).Should().BeTrue();

        series.Hold(first).Should().BeTrue();

        series.TryDraw(1, out _).Should().BeFalse("a later publish must not displace it");
        series.Hold(first).Should().BeTrue();
    }

    [Fact]
    public void Too_many_later_numbers_make_it_unsafe()
    {
        var series = new PublishSeries();
        series.TryDraw(1, out var first);
        series.TryDraw(20_000, out _);

        series.Hold(first).Should().BeFalse();
        series.TryDraw(1, out _).Should().BeTrue("nothing has to be held");
    }

    [Fact]
    public void Time_makes_it_unsafe_as_well()
    {
        var time = new TestTime();
        var series = new PublishSeries();
        series.TryDraw(1, out var first);
        var mark = new PublishTags(series, first, time.GetTimestamp()).MarkOf(0, time);

        mark.MayBeRepeated().Should().BeTrue();
        time.Advance(PublishMark.Longest);
        mark.MayBeRepeated().Should().BeFalse();
    }

    [Fact]
    public void Two_series_have_no_producer_in_common() =>
        new PublishSeries().ProducerOf(0).Should().NotBe(new PublishSeries().ProducerOf(0));

    private readonly record struct PublishSeriesProbe(long Number, long Next)
    {
        public bool MayBeRepeated
        {
            get
            {
                var series = new PublishSeries();
                series.TryDraw((int)Next, out _);
                return series.Hold(Number);
            }
        }
    }
}
