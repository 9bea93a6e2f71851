using RedisMessaging.Configuration.Topics;
using RedisMessaging.Tests.Support;
using RedisMessaging.Topics;

namespace RedisMessaging.Tests.Configuration;

/// <summary>Names of families, and what belongs to them.</summary>
public sealed class TopicPatternTests
{
    [Theory]
    [InlineData("notifications:{userId}", "notifications:*", "notifications:42")]
    [InlineData("logs:*", "logs:*", "logs:sport")]
    [InlineData("{tenant}/orders:{id}:*", "*/orders:*:*", "42/orders:42:sport")]
    public void A_family_has_a_glob_without_braces_and_an_example_that_belongs_to_it(string name, string glob, string example)
    {
        var pattern = TopicPattern.Parse(name);

        (pattern.Glob, pattern.Example).Should().Be((glob, example));
        pattern.Matches(example).Should().BeTrue();
        TopicName.Matches(glob, example).Should().BeTrue();
    }

    [Theory]
    [InlineData("notifications:{userId}", "notifications:42", "userId=42")]
    [InlineData("notifications:{userId}", "notifications:", null)]
    [InlineData("notifications:{userId}", "notifications:42:x", null)]
    [InlineData("notifications:{userId}", "old-notifications:42", null)]
    [InlineData("notifications:{userId}", "notifications:42\n", "userId=42\n")]
    [InlineData("{tenant}:{user}", "shop:42", "tenant=shop,user=42")]
    [InlineData("{tenant}-{user}", "a-b-c", "tenant=a-b,user=c")]
    [InlineData("logs:*", "logs:", "0=")]
    [InlineData("logs:*", "logs:web:eu", "0=web:eu")]
    [InlineData("*:of:*", "a:of:b:of:c", "0=a,1=b:of:c")]
    [InlineData("{tenant}:*:{id}", "shop:a:b:7", "0=a:b,id=7,tenant=shop")]
    [InlineData("a.{id}", "ab42", null)]
    public void A_name_gives_the_parameters_values(string name, string member, string? expected)
    {
        var pattern = TopicPattern.Parse(name);

        pattern.Matches(member).Should().Be(expected is not null);
        if (expected is not null)
        {
            string.Join(',', pattern.Read(member).OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}")).Should().Be(expected);
        }
    }

    [Theory]
    [InlineData("a:{", "*'a:{'*braces*notifications:{userId}*")]
    [InlineData("a:}", "*'a:}'*braces*")]
    [InlineData("a:{}", "*'a:{}'*braces*")]
    [InlineData("a:{user id}", "*'a:{user id}'*braces*")]
    [InlineData("a:{1st}", "*'a:{1st}'*braces*")]
    [InlineData("a:{{b}}", "*'a:{{b}}'*braces*")]
    [InlineData("a:{b}{c}", "*'a:{b}{c}'*nothing stands between*")]
    [InlineData("a:*{c}", "*'a:*{c}'*nothing stands between*")]
    [InlineData("a:{b}:{b}", "*'a:{b}:{b}'*'b'*twice*")]
    [InlineData("a b:{c}", "*'a b:{c}'*' '*not allowed*")]
    public void Braces_that_are_no_parameters_are_refused(string name, string message)
    {
        var adding = () => Configured.Model(builder => builder.AddStream<OrderPlaced>(name));

        adding.Should().Throw<RedisMessagingConfigurationException>().WithMessage(message);
    }

    [Fact]
    public void A_long_name_is_matched_in_no_time()
    {
        var pattern = TopicPattern.Parse("*a{b}a*a{c}a*a{d}a*");

        pattern.Matches(new string('a', 200) + ":").Should().BeTrue();
        pattern.Matches(new string('b', 5_000)).Should().BeFalse();
    }

    [Theory]
    [InlineData("orders:{id}", "orders:*")]
    [InlineData("orders:{id}", "orders:{number}")]
    [InlineData("orders:{id}", "Orders:{id}")]
    public void Two_families_for_the_same_names_are_refused(string one, string other)
    {
        var adding = () => Configured.Model(builder => builder.AddStream<OrderPlaced>(one).AddQueue<OrderShipped>(other));

        adding.Should().Throw<RedisMessagingConfigurationException>().WithMessage($"*'{one}'*'{other}'*");
    }

    [Fact]
    public void A_member_belongs_to_its_family_and_a_topic_of_its_own_to_itself()
    {
        var model = Configured.Model(builder => builder.AddStream<OrderPlaced>("orders:{id}").AddQueue<OrderPlaced>("orders:special"));

        model.Find("orders:42", typeof(OrderPlaced), forSubscribing: false).Name.Should().Be("orders:{id}");
        model.Get("orders:42").Name.Should().Be("orders:{id}");
        model.Find("orders:special", typeof(OrderPlaced), forSubscribing: false).Kind.Should().Be(TransportKind.Queue);
        model.IsMember(model.Get("orders:{id}"), "orders:special").Should().BeFalse();
        model.IsMember(model.Get("orders:{id}"), "orders:42").Should().BeTrue();
    }

    [Fact]
    public void What_two_families_store_can_t_be_told_apart_by_its_type()
    {
        var model = Configured.Model(builder => builder.AddStream<OrderPlaced>("orders:*").AddQueue<OrderShipped>("*:placed"));

        var finding = () => model.Find("orders:placed", typeof(OrderPlaced), forSubscribing: false);

        finding.Should().Throw<RedisMessagingConfigurationException>().WithMessage("*'orders:placed'*'orders:*', '*:placed'*");
        model.Invoking(someone => someone.Get("orders:placed")).Should().Throw<RedisMessagingConfigurationException>().WithMessage("*'orders:*', '*:placed'*");
    }

    [Fact]
    public void A_type_that_only_a_family_carries_needs_a_name_and_one_is_shown()
    {
        var model = Configured.Model(builder => builder.AddStream<OrderPlaced>("orders:{id}"));

        model.Invoking(someone => someone.TopicOf(typeof(OrderPlaced))).Should().Throw<RedisMessagingConfigurationException>().WithMessage("*'OrderPlaced'*'orders:{id}'*PublishToAsync(\"orders:42\"*");
    }

    [Fact]
    public void Settings_are_found_under_the_whole_name() =>
        ((StreamOptions)Configured.Topic(builder => builder.AddPubSub<OrderPlaced>("orders:{id}"), ("Topics:orders:{id}:Transport", "Stream"), ("Topics:orders:{id}:Lease", "00:00:07")).Options).Lease
            .Should().Be(TimeSpan.FromSeconds(7));
}
