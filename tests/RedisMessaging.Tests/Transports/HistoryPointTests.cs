namespace RedisMessaging.Tests.Transports;

public sealed class HistoryPointTests
{
    [Theory]
    [InlineData("5-7", "5-8", "5-6")]
    [InlineData("5-0", "5-1", "4-18446744073709551615")]
    [InlineData("5-18446744073709551615", "6-0", "5-18446744073709551614")]
    [InlineData("0-0", "0-1", "0-0")]
    public void Behind_and_before_an_entry_are_the_nearest_ids_that_there_could_be(string position, string after, string before)
    {
        HistoryPoint.After(position).ToString().Should().Be(after);
        HistoryPoint.Before(position).ToString().Should().Be(before);
    }

    [Fact]
    public void Behind_the_last_id_of_all_there_is_no_place()
    {
        var asking = () => HistoryPoint.After("18446744073709551615-18446744073709551615");
        asking.Should().Throw<ArgumentException>().WithMessage("*last position*");
    }

    [Theory]
    [InlineData("5")]
    [InlineData("5-")]
    [InlineData("-5")]
    [InlineData("5-x")]
    [InlineData("")]
    [InlineData(null)]
    public void What_is_no_position_is_refused(string? position)
    {
        foreach (var asking in new Func<HistoryPoint>[] { () => HistoryPoint.At(position!), () => HistoryPoint.After(position!), () => HistoryPoint.Before(position!) })
        {
            asking.Should().Throw<ArgumentException>().WithMessage("*1763712000123-0*");
        }
    }
}
