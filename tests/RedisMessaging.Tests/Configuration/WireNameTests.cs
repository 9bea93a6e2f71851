using RedisMessaging.Serialization;
using RedisMessaging.Tests.Support;
using RedisMessaging.Topics;

namespace RedisMessaging.Tests.Configuration;

public sealed class WireNameTests
{
    [Theory]
    [InlineData(typeof(OrderPlaced), "order-placed")]
    [InlineData(typeof(XMLDocument), "xml-document")]
    [InlineData(typeof(OrderV2), "order-v2")]
    [InlineData(typeof(string), "string")]
    [InlineData(typeof(byte[]), "byte-array")]
    [InlineData(typeof(List<OrderPlaced>), "list-of-order-placed")]
    [InlineData(typeof(Dictionary<string, OrderPlaced>), "dictionary-of-string-and-order-placed")]
    public void A_type_s_name_becomes_kebab_case(Type type, string name) => WireName.Of(type).Should().Be(name);

    [Fact]
    public void An_explicit_name_and_aliases_lead_to_the_type()
    {
        var topic = Configured.Topic(b => b.AddStream("orders", s => s.Carries<OrderPlaced>("order", "order-placed", "OrderCreated").Carries<OrderShipped>()));
        topic.FindByWireName("order")!.Type.Should().Be<OrderPlaced>();
        topic.FindByWireName("order-placed")!.Type.Should().Be<OrderPlaced>();
        topic.FindByWireName("OrderCreated")!.Type.Should().Be<OrderPlaced>();
        topic.FindByWireName("order-shipped")!.Type.Should().Be<OrderShipped>();
        topic.FindByWireName("Order").Should().BeNull("wire names are exact");
        topic.GetByType(typeof(OrderPlaced)).Name.Should().Be("order", "what is written is the name, never an alias");
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a\nb")]
    public void A_name_that_can_t_be_written_is_refused(string name)
    {
        var adding = () => Configured.Model(b => b.AddStream("orders", s => s.Carries<OrderPlaced>(name)));
        adding.Should().Throw<RedisMessagingConfigurationException>().WithMessage("*OrderPlaced*1 to 200 characters*");
        var alias = () => Configured.Model(b => b.AddStream("orders", s => s.Carries<OrderPlaced>("order", name)));
        alias.Should().Throw<RedisMessagingConfigurationException>().WithMessage("*OrderPlaced*1 to 200 characters*");
    }

    [Fact]
    public void One_name_for_two_types_of_a_topic_is_refused()
    {
        var adding = () => Configured.Model(b => b.AddStream("orders", s => s.Carries<OrderPlaced>("order").Carries<OrderShipped>("shipped", "order")));
        adding.Should().Throw<RedisMessagingConfigurationException>().WithMessage("*'order'*'OrderPlaced'*'OrderShipped'*Carries<OrderShipped>*");
        var twice = () => Configured.Model(b => b.AddStream("orders", s => s.Carries<OrderPlaced>().Carries<OrderPlaced>("again")));
        twice.Should().Throw<RedisMessagingConfigurationException>().WithMessage("*OrderPlaced*twice*aliases*");
    }

    [Fact]
    public void An_alias_that_repeats_the_name_is_refused_when_it_is_added()
    {
        var adding = () => Configured.Model(b => b.AddStream("orders", s => s.Carries<OrderPlaced>("order", "order")));
        adding.Should().Throw<RedisMessagingConfigurationException>().WithMessage("*'order'*OrderPlaced*");
    }

    private sealed class XMLDocument;

    private sealed class OrderV2;
}
