using System.Text.RegularExpressions;
using RedisMessaging.Configuration;
using RedisMessaging.Tests.Support;

namespace RedisMessaging.Tests.Configuration;

public sealed class TopicNameTests
{
    [Theory]
    [InlineData("orders")]
    [InlineData("Orders.v2_new-ones:eu/north")]
    [InlineData("news:*")]
    [InlineData("*")]
    public void Letters_digits_and_some_signs_are_allowed(string name) => TopicName.Validate(name);

    [Theory]
    [InlineData(null, "empty")]
    [InlineData("", "empty")]
    [InlineData("my orders", "' '")]
    [InlineData("or{ders", "braces")]
    [InlineData("orders?", "'?'")]
    [InlineData("orders[1]", "'['")]
    [InlineData("주문", "'주'")]
    [InlineData("a\nb", "not allowed")]
    public void Anything_else_is_refused_with_the_sign(string? name, string told)
    {
        var validating = () => TopicName.Validate(name);
        validating.Should().Throw<RedisMessagingConfigurationException>().WithMessage($"*{told}*");
    }

    [Fact]
    public void Two_hundred_characters_are_the_limit()
    {
        TopicName.Validate(new string('a', 200));
        var validating = () => TopicName.Validate(new string('a', 201));
        validating.Should().Throw<RedisMessagingConfigurationException>().WithMessage("*201*200*");
    }

    [Fact]
    public void A_family_has_no_member_of_another_name()
    {
        var model = Configured.Model(b => b.AddStream<OrderPlaced>("orders:{country}"));
        model.Get("orders:kr").Name.Should().Be("orders:{country}");
        var asking = () => model.Get("orders:한국");
        asking.Should().Throw<RedisMessagingConfigurationException>().WithMessage("*'한' is not allowed*");
    }

    [Fact]
    public void Names_that_differ_only_by_case_are_refused()
    {
        var adding = () => Configured.Model(b => b.AddStream<OrderPlaced>("orders").AddQueue<SendEmail>("Orders"));
        adding.Should().Throw<RedisMessagingConfigurationException>().WithMessage("*'orders'*'Orders'*case*");
        var twice = () => Configured.Model(b => b.AddStream<OrderPlaced>("orders").AddQueue<SendEmail>("orders"));
        twice.Should().Throw<RedisMessagingConfigurationException>().WithMessage("*'orders'*twice*");
    }

    [Theory]
    [InlineData("news:*", "news:sport", true)]
    [InlineData("news:*", "news:", true)]
    [InlineData("news:*", "news", false)]
    [InlineData("news:*", "old-news:sport", false)]
    [InlineData("*", "anything:at:all", true)]
    [InlineData("*:eu", "orders:eu", true)]
    [InlineData("*:eu", "orders:eu:1", false)]
    [InlineData("a*b*c", "a-b-b-c", true)]
    [InlineData("a*b*c", "a-c-b", false)]
    [InlineData("a**c", "ac", true)]
    [InlineData("news", "news", true)]
    [InlineData("News:*", "news:a", false)]
    public void A_star_is_any_run_of_characters(string pattern, string name, bool matches) => TopicName.Matches(pattern, name).Should().Be(matches);

    [Fact]
    public void Matching_agrees_with_a_regular_expression_on_everything_short()
    {
        char[] alphabet = ['a', 'b', '*'];
        var patterns = Words(alphabet, 5).ToList();
        var names = Words(['a', 'b'], 5).ToList();
        foreach (var pattern in patterns)
        {
            var regex = new Regex("^" + pattern.Replace("*", ".*", StringComparison.Ordinal) + "$");
            foreach (var name in names)
            {
                if (TopicName.Matches(pattern, name) != regex.IsMatch(name))
                {
                    Assert.Fail($"'{pattern}' and '{name}': {regex.IsMatch(name)} expected.");
                }
            }
        }

        static IEnumerable<string> Words(char[] alphabet, int longest) =>
            longest == 0 ? [""] : Words(alphabet, longest - 1).SelectMany(word => alphabet.Select(letter => word + letter).Prepend(word)).Distinct();
    }
}
