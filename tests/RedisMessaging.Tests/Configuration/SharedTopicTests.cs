using RedisMessaging.Redis.Keys;
using RedisMessaging.Tests.Support;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Tests.Configuration;

/// <summary>Exact keys and raw messages: what is refused, and which keys come of it.</summary>
public sealed class SharedTopicTests
{
    [Theory]
    [InlineData("orders:stream", "orders:stream", "{orders:stream}:dead")]
    [InlineData("{shop}:orders", "{shop}:orders", "{shop}:orders:dead")]
    [InlineData("eu:{shop}:{1}", "eu:{shop}:{1}", "eu:{shop}:{1}:dead")]
    [InlineData(null, "p:{orders}:stream", "p:{orders}:dead")]
    public void Side_keys_follow_an_exact_key_into_its_slot(string? key, string data, string side)
    {
        var keys = new TopicKeys("p:", "orders", key);

        ((string?)keys.Data("stream"), (string?)keys.DeadLetters).Should().Be((data, side));
    }

    [Fact]
    public void Key_and_format_come_from_configuration_and_survive_a_change_of_transport()
    {
        var topic = Configured.Topic(b => b.AddStream<OrderPlaced>("orders", stream => stream.Key = "from-code"), ("Topics:orders:Transport", "Queue"), ("Topics:orders:Format", "Raw"));

        (topic.Kind, topic.Options.Key, topic.Options.Format).Should().Be((TransportKind.Queue, "from-code", MessageFormat.Raw));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\nb")]
    [InlineData("a{b")]
    [InlineData("a}b")]
    [InlineData("{}orders")]
    public void A_key_that_can_t_be_one_is_refused(string key) => Refused(b => b.AddQueue<OrderPlaced>("orders", queue => queue.Key = key), "Topic 'orders': Key is '*'*Use *");

    [Fact]
    public void A_pattern_has_no_exact_key() => Refused(b => b.AddPubSub<PriceChanged>("news:*", pubSub => pubSub.Key = "news"), "Topic 'news:*': Key is 'news'*Leave Key out*");

    [Fact]
    public void Two_topics_can_t_share_a_key()
    {
        Refused(b => b.AddQueue<OrderPlaced>("a", o => o.Key = "shared").AddStream<SendEmail>("b", o => o.Key = "shared"), "Topic 'a': Key is 'shared'*'b'*");
        Refused(b => b.AddQueue<OrderPlaced>("a", o => o.Key = "b").AddStream<SendEmail>("b"), "Topic 'a': Key is 'b'*'b'*beside*");
        Refused(b => b.AddQueue<OrderPlaced>("a", o => o.Key = "{b}:queue").AddQueue<SendEmail>("b"), "Topic 'a': Key is '{b}:queue'*'b'*");
    }

    [Fact]
    public void A_raw_topic_carries_one_type()
    {
        Refused(
            b => b.AddQueue("orders", queue =>
            {
                queue.Carries<OrderPlaced>().Carries<OrderShipped>();
                queue.Format = MessageFormat.Raw;
            }),
            "Topic 'orders': Format is Raw*exactly one*OrderPlaced, OrderShipped*Envelope*");
    }

    [Fact]
    public void A_raw_stream_needs_properties()
    {
        Refused(b => b.AddStream<string>("lines", Raw), "Topic 'lines': Format is Raw*'String'*Envelope*");
        Refused(b => b.UseReflectionJson().AddStream<int[]>("numbers", Raw), "Topic 'numbers'*'int[]'*Envelope*");
        Refused(b => b.AddStream<OrderPlaced>("orders", Raw).UseSerializer(new OtherSerializer()), "Topic 'orders': Format is Raw*'SharedTopicTests.OtherSerializer'*Envelope*");
        Configured.Topic(b => b.UseReflectionJson().AddStream<Dictionary<string, string>>("fields", Raw)).Options.Format.Should().Be(MessageFormat.Raw);
        Configured.Topic(b => b.AddQueue<string>("lines", Raw)).Options.Format.Should().Be(MessageFormat.Raw);
    }

    [Fact]
    public void On_a_raw_queue_there_is_neither_an_inbox_nor_delivery_without_acks()
    {
        Refused(b => b.AddQueue<OrderPlaced>("orders", Raw).AddHandler<OrderPlaced>((_, _, _) => ValueTask.CompletedTask, h => h.InboxWindow = TimeSpan.FromHours(1)), "Topic 'orders'*InboxWindow*Raw*");
        Refused(
            b => b.AddQueue<OrderPlaced>("orders", queue =>
            {
                Raw(queue);
                queue.Delivery = QueueDelivery.AtMostOnce;
            }),
            "Topic 'orders'*AtMostOnce*Raw*");
    }

    [Fact]
    public void Sharded_dead_letters_of_a_pattern_are_refused() => Refused(
        b => b.AddPubSub<PriceChanged>("news:*", pubSub => (pubSub.Sharded, pubSub.KeepDeadLetters) = (true, true)),
        "Topic 'news:*': Sharded and KeepDeadLetters*pattern*");

    private static void Raw(TopicOptions options) => options.Format = MessageFormat.Raw;

    private static void Refused(Func<RedisMessagingBuilder, RedisMessagingBuilder> configure, string told)
    {
        var building = () => Configured.Model(b => configure(b));
        building.Should().Throw<RedisMessagingConfigurationException>().WithMessage(told);
    }

    private sealed class OtherSerializer : IMessageSerializer
    {
        public bool CanSerialize(Type type, out string? fix)
        {
            fix = null;
            return true;
        }

        public void Serialize<T>(System.Buffers.IBufferWriter<byte> writer, T message) => throw new NotSupportedException();

        public T? Deserialize<T>(System.Buffers.ReadOnlySequence<byte> body) => throw new NotSupportedException();
    }
}
