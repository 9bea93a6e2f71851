using RedisMessaging.Redis.WakeSignals;

namespace RedisMessaging.Tests.Connections;

/// <summary>When a bell rings.</summary>
public sealed class BellTests
{
    [Theory]
    [InlineData("9-0", "10-0", false)]
    [InlineData("10-0", "9-0", true)]
    [InlineData("10-2", "10-10", false)]
    [InlineData("10-10", "10-2", true)]
    [InlineData("10-2", "10-2", false)]
    [InlineData("18446744073709551615-1", "0-0", true)]
    public void Ids_are_compared_as_numbers(string id, string other, bool isBehind) => WakeSignal.IsBehind(id, other).Should().Be(isBehind);

    [Fact]
    public void One_that_is_set_rings_once_and_has_to_be_set_again()
    {
        var bell = new WakeSignal("key", () => { }, staysSet: false);
        bell.Take("0-0", "5-0").Should().BeFalse("nobody has set it");
        bell.Set("4-0").Should().BeTrue();

        bell.Take("4-0", "5-0").Should().BeTrue();

        bell.Position.Should().BeNull();
        bell.Take("4-0", "6-0").Should().BeFalse();
    }

    [Fact]
    public void One_that_was_set_elsewhere_meanwhile_does_not_ring_for_what_an_older_read_found()
    {
        var bell = new WakeSignal("key", () => { }, staysSet: false);
        bell.Set("4-0");
        bell.Set("5-0").Should().BeTrue();

        bell.Take("4-0", "5-0").Should().BeFalse();

        bell.Position.Should().Be("5-0");
    }

    [Fact]
    public void Setting_it_to_where_it_is_being_read_from_changes_nothing()
    {
        var bell = new WakeSignal("key", () => { }, staysSet: false);
        bell.Set("4-0");
        bell.IsHeard = true;

        bell.Set("4-0").Should().BeFalse("else each look of each idle consumer would begin the read of all of them anew");
        bell.Set("5-0").Should().BeTrue();
        bell.IsHeard.Should().BeFalse();
    }

    [Fact]
    public void One_that_stays_set_rings_for_each_and_goes_back_to_the_beginning_when_some_may_be_missed()
    {
        var bell = new WakeSignal("key", () => { }, staysSet: true);

        bell.Take("0-0", "5-0").Should().BeTrue();
        bell.Take("5-0", "6-0").Should().BeTrue();
        bell.Miss();

        bell.Position.Should().Be(WakeSignal.Beginning);
    }
}
