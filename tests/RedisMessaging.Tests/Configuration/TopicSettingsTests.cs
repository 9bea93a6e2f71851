using RedisMessaging.Tests.Support;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Tests.Configuration;

/// <summary>What a configuration section may say of a topic.</summary>
public sealed class TopicSettingsTests
{
    [Theory]
    [InlineData("Queue", TransportKind.Queue)]
    [InlineData("pubsub", TransportKind.PubSub)]
    [InlineData("STREAM", TransportKind.Stream)]
    public void One_word_changes_a_topic_s_transport(string configured, TransportKind kind)
    {
        var topic = Configured.Topic(b => b.AddStream<OrderPlaced>("orders"), ("Topics:orders:Transport", configured));
        topic.Kind.Should().Be(kind);
        topic.FindByType(typeof(OrderPlaced)).Should().NotBeNull("what it carries stays");
    }

    [Theory]
    [InlineData("Kafka")]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("Queue,Stream")]
    public void A_transport_that_is_none_is_refused_with_those_there_are(string configured)
    {
        var building = () => Configured.Model(b => b.AddStream<OrderPlaced>("orders"), ("Topics:orders:Transport", configured));
        building.Should().Throw<RedisMessagingConfigurationException>().WithMessage($"Topic 'orders'*'{configured}'*PubSub, Queue, Stream*");
    }

    [Fact]
    public void Code_and_configuration_are_merged_and_configuration_wins()
    {
        var topic = Configured.Topic(
            b => b.AddStream<OrderPlaced>("orders", s =>
            {
                s.Lease = TimeSpan.FromMinutes(1);
                s.Retention = new Retention { MaxLength = 5, Force = true };
                s.UnknownTypes = UnknownTypePolicy.Ignore;
            }),
            ("Topics:orders:Retention:MaxLength", "1000000"),
            ("Topics:orders:DeadLetterLimit", "7"));
        var options = topic.Options.Should().BeOfType<StreamOptions>().Subject;
        (options.Lease, options.Retention, options.UnknownTypes, options.DeadLetterLimit).Should().Be((TimeSpan.FromMinutes(1), new Retention { MaxLength = 1_000_000, Force = true }, UnknownTypePolicy.Ignore, 7));
        topic.Capabilities.Lease.Should().Be(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void The_same_transport_in_configuration_keeps_what_code_set()
    {
        using var log = new ListLoggerProvider();
        var model = Configured.Model(b => b.AddStream<OrderPlaced>("orders", s => s.Retention = new Retention { MaxLength = 5 }), log, ("Topics:orders:Transport", "Stream"));
        model.Topics.Single().Options.Should().BeOfType<StreamOptions>().Which.Retention.MaxLength.Should().Be(5);
        log.Lines.Should().BeEmpty();
    }

    [Fact]
    public void Options_of_a_transport_that_was_not_chosen_are_ignored_and_that_is_told_once()
    {
        using var log = new ListLoggerProvider();
        var model = Configured.Model(
            b => b.AddQueue<OrderPlaced>("orders", q => q.Delivery = QueueDelivery.AtMostOnce).AddQueue<SendEmail>("emails"),
            log,
            ("Topics:orders:Transport", "Stream"));
        model.Topics.Single(topic => topic.Name == "orders").Capabilities.Acks.Should().BeTrue("the code's options were a queue's");
        log.TextsOf(2000).Should().ContainSingle().Which.Should().Contain("orders").And.Contain("from Queue to Stream").And.EndWith(": Delivery");
    }

    [Fact]
    public void What_all_transports_share_survives_a_change_of_transport()
    {
        var topic = Configured.Topic(
            b => b.AddStream<OrderPlaced>("orders", s =>
            {
                s.UnknownTypes = UnknownTypePolicy.Ignore;
                s.DeadLetterLimit = 7;
                s.DeadLetterMaxAge = TimeSpan.FromDays(1);
            }),
            ("Topics:orders:Transport", "Queue"));
        (topic.Options.UnknownTypes, topic.Options.DeadLetterLimit, topic.Options.DeadLetterMaxAge).Should().Be((UnknownTypePolicy.Ignore, 7, TimeSpan.FromDays(1)));
    }

    [Theory]
    [InlineData(TransportKind.Stream, "Queue")]
    [InlineData(TransportKind.Queue, "Stream")]
    public void A_lease_survives_a_change_of_transport(TransportKind registered, string configured)
    {
        var topic = Configured.Topic(
            b => b.AddTopic<OrderPlaced>("orders", registered, options =>
            {
                if (options is StreamOptions stream)
                {
                    stream.Lease = TimeSpan.FromMinutes(1);
                }
                else
                {
                    ((QueueOptions)options).Lease = TimeSpan.FromMinutes(1);
                }
            }),
            ("Topics:orders:Transport", configured));
        topic.Options.GetType().Name.Should().Be($"{configured}Options");
        topic.Capabilities.Lease.Should().Be(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void Options_of_the_chosen_transport_are_read_from_the_same_section()
    {
        var topic = Configured.Topic(b => b.AddStream<OrderPlaced>("orders"), ("Topics:orders:Transport", "Queue"), ("Topics:orders:Lease", "00:00:05"), ("Topics:orders:Delivery", "AtMostOnce"));
        var options = topic.Options.Should().BeOfType<QueueOptions>().Subject;
        (options.Lease, options.Delivery).Should().Be((TimeSpan.FromSeconds(5), QueueDelivery.AtMostOnce));
        topic.Capabilities.Acks.Should().BeFalse();
    }

    [Fact]
    public void Names_with_colons_and_stars_are_looked_up_whole()
    {
        var model = Configured.Model(
            b => b.AddPubSub<PriceChanged>("news:*").AddPubSub<OrderPlaced>("eu:orders:placed").AddPubSub<OrderShipped>("eu:orders"),
            ("Topics:news:*:BufferCapacity", "11"),
            ("Topics:eu:orders:placed:BufferCapacity", "22"),
            ("Topics:eu:orders:BufferCapacity", "33"));
        model.Topics.ToDictionary(topic => topic.Name, topic => ((PubSubOptions)topic.Options).BufferCapacity)
            .Should().BeEquivalentTo(new Dictionary<string, int> { ["news:*"] = 11, ["eu:orders:placed"] = 22, ["eu:orders"] = 33 });
    }

    [Theory]
    [InlineData("Lease", "soon", "Lease")]
    [InlineData("Retention:MaxLength", "many", "Retention:MaxLength")]
    [InlineData("Retention:MaxAge", "long", "Retention:MaxAge")]
    [InlineData("Retention", "ForNow", "Retention is 'ForNow'*Forever*MaxLength")]
    [InlineData("UnknownTypes", "Explode", "UnknownTypes")]
    public void A_value_that_can_t_be_read_names_the_topic_and_the_key(string key, string value, string told)
    {
        var building = () => Configured.Model(b => b.AddStream<OrderPlaced>("orders"), ($"Topics:orders:{key}", value));
        building.Should().Throw<RedisMessagingConfigurationException>().WithMessage($"Topic 'orders'*RedisMessaging:Topics:orders*{told}*");
    }

    [Fact]
    public void Retention_is_read_whole_and_only_what_is_said_changes()
    {
        Retention("MaxLength", "50000", "MaxAge", "7.00:00:00", "Force", "true").Should().Be(new Retention { MaxLength = 50_000, MaxAge = TimeSpan.FromDays(7), Force = true });
        Retention("Exact", "true", "AbandonedAfter", "1.00:00:00").Should().Be(new Retention { MaxLength = 5, Exact = true, AbandonedAfter = TimeSpan.FromDays(1) });
        Retention("MaxLength", "", "MaxAge", "1.00:00:00").Should().Be(new Retention { MaxLength = null, MaxAge = TimeSpan.FromDays(1) });
        Retention("MaxAge", "1.00:00:00", "AbandonedAfter", "").Should().Be(new Retention { MaxLength = 5, MaxAge = TimeSpan.FromDays(1), AbandonedAfter = null });

        Retention("MaxLength", null, "MaxAge", "1.00:00:00").Should().Be(new Retention { MaxLength = null, MaxAge = TimeSpan.FromDays(1) }, "JSON has null");

        static Retention Retention(params string?[] settings)
        {
            var topic = Configured.Topic(
                b => b.AddStream<OrderPlaced>("orders", s => s.Retention = new Retention { MaxLength = 5 }),
                [.. settings.Chunk(2).Select(pair => ((string, string?))($"Topics:orders:Retention:{pair[0]}", pair[1]))]);
            return ((StreamOptions)topic.Options).Retention;
        }
    }

    [Theory]
    [InlineData("Forever")]
    [InlineData("forever")]
    public void For_ever_is_one_word(string word)
    {
        var topic = Configured.Topic(b => b.AddStream<OrderPlaced>("orders"), ("Topics:orders:Retention", word));

        ((StreamOptions)topic.Options).Retention.Should().Be(Retention.Forever).And.Be(new Retention { MaxLength = null });
    }

    [Fact]
    public void A_value_that_is_out_of_bounds_is_refused_wherever_it_came_from()
    {
        var building = () => Configured.Model(b => b.AddStream<OrderPlaced>("orders"), ("Topics:orders:Lease", "00:00:00.5"));
        building.Should().Throw<RedisMessagingConfigurationException>().WithMessage("Topic 'orders'*Lease*00:00:00.5*00:00:01*");
    }

    [Fact]
    public void A_pattern_can_change_its_transport() =>
        Configured.Topic(b => b.AddPubSub<PriceChanged>("news:*"), ("Topics:news:*:Transport", "Stream")).Kind.Should().Be(TransportKind.Stream);

    [Fact]
    public void A_handler_s_wish_is_checked_against_the_transport_that_configuration_chose()
    {
        var building = () => Configured.Model(
            b => b.AddStream<OrderPlaced>("orders").AddHandler<OrderPlaced>((_, _, _) => ValueTask.CompletedTask, h => h.Broadcast = true),
            ("Topics:orders:Transport", "Queue"));
        building.Should().Throw<RedisMessagingConfigurationException>().WithMessage("Topic 'orders'*Broadcast*Queue*Stream or Pub/Sub*");
    }
}
