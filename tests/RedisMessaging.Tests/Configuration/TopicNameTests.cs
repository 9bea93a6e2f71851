using System.Text.RegularExpressions;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Tests.Support;

namespace RedisMessaging.Tests.Configuration;

public sealed class TopicNameTests
{
    [Theory]
    [InlineData("orders")]
    [InlineData("Orders.v2_new-ones:eu/north")]
    [InlineData("news:*")]
    [InlineData("*")]
    [InlineData("__keyspace@0__:*")]
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
    public void A_member_s_name_is_nearly_free()
    {
        var model = Configured.Model(b => b.AddStream<OrderPlaced>("orders:{country}").AddQueue<SendEmail>("mails:*"));
        foreach (var value in new[] { "kr", "한국", "bob@example.com", "auth0|5f", "a+b", "서연", "a b", " ", "#1", "'\"`$%^&()=~,;<>!", "😀", "e\u0301", new string('x', 400) })
        {
            model.Get("orders:" + value).Name.Should().Be("orders:{country}");
            model.Find("mails:" + value, typeof(SendEmail), forSubscribing: false).Name.Should().Be("mails:*");
        }
    }

    [Theory]
    [InlineData("a{b")]
    [InlineData("a}")]
    [InlineData("{kr}")]
    [InlineData("a*b")]
    [InlineData("a?")]
    [InlineData("[a]")]
    [InlineData("a\\b")]
    [InlineData("a\nb")]
    [InlineData("a\0")]
    [InlineData("a\u0085")]
    public void What_no_member_may_be_called_is_a_bad_argument(string value)
    {
        var model = Configured.Model(b => b.AddStream<OrderPlaced>("orders:{country}"));
        var asking = () => model.Get("orders:" + value);
        asking.Should().Throw<ArgumentException>().WithMessage("*'orders:{country}' can have no member*").Which.ParamName.Should().Be("name");
        var publishing = () => model.Find("orders:" + value, typeof(OrderPlaced), forSubscribing: false);
        publishing.Should().Throw<ArgumentException>().Which.ParamName.Should().Be("topic");
    }

    [Fact]
    public void Half_a_surrogate_pair_is_a_bad_argument()
    {
        // An attribute can't hold one.
        What_no_member_may_be_called_is_a_bad_argument("a\ud83d");
        What_no_member_may_be_called_is_a_bad_argument("\ude00a");
        What_no_member_may_be_called_is_a_bad_argument("\ud83d\ud83d\ude00");
    }

    [Fact]
    public void A_member_s_name_has_a_length()
    {
        var model = Configured.Model(b => b.AddStream<OrderPlaced>("orders:{country}"));
        var asking = () => model.Get("orders:" + new string('x', 506));
        asking.Should().Throw<ArgumentException>().WithMessage("*513 characters*512*");
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
