using RedisMessaging.Configuration;
using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Tests.Support;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Tests.Configuration;

/// <summary>Handlers of one group on one topic form one consumer.</summary>
public sealed class ConsumerRulesTests
{
    [Fact]
    public void Handlers_of_one_group_form_one_consumer_and_share_its_options()
    {
        var model = Configured.Model(b => b
            .AddStream("orders", s => s.Carries<OrderPlaced>().Carries<OrderShipped>())
            .AddHandler<OrderPlaced>(Handle, h => h.Concurrency = 8)
            .AddHandler<OrderShipped>(Handle)
            .AddHandler<OrderPlaced>(Handle, h => h.Group = "billing"));
        model.Consumers.Should().HaveCount(2);
        var own = model.Consumers.Single(consumer => consumer.Group == "app");
        (own.Concurrency, own.Handlers.Count).Should().Be((8, 2));
        model.Consumers.Single(consumer => consumer.Group == "billing").Concurrency.Should().Be(1);
    }

    [Theory]
    [InlineData(1, 100)]
    [InlineData(50, 100)]
    [InlineData(400, 800)]
    [InlineData(10_000, 10_000)]
    public void Prefetch_starts_with_room_for_all_handlers_unless_it_is_given(int concurrency, int least)
    {
        var consumer = Consumer(h => h.Concurrency = concurrency);
        (consumer.Prefetch, consumer.LeastPrefetch).Should().Be((least, least));

        var given = Consumer(h => (h.Concurrency, h.Prefetch) = (16, 20));
        (given.Prefetch, given.LeastPrefetch).Should().Be((20, null));
    }

    [Fact]
    public void Prefetch_has_room_for_the_batches_that_run_at_the_same_time()
    {
        Batches(h => (h.Concurrency, h.BatchSize) = (4, 100)).Prefetch.Should().Be(800);
        Batches(h => (h.Concurrency, h.BatchSize) = (1, 10)).Prefetch.Should().Be(100);
        Batches(h => (h.Concurrency, h.BatchSize) = (1, 10_000)).Prefetch.Should().Be(10_000);
        Batches(h => (h.Concurrency, h.BatchSize, h.Prefetch) = (4, 100, 400)).Prefetch.Should().Be(400);
        var building = () => Batches(h => (h.Concurrency, h.BatchSize, h.Prefetch) = (4, 100, 399));
        building.Should().Throw<RedisMessagingConfigurationException>().WithMessage("Topic 'orders', group 'app': Prefetch is 399*Concurrency times BatchSize (400) and 10000*");
        var tooMany = () => Batches(h => (h.Concurrency, h.BatchSize) = (101, 100));
        tooMany.Should().Throw<RedisMessagingConfigurationException>().WithMessage("Topic 'orders', group 'app': Concurrency (101) times BatchSize (100)*10000*");
    }

    [Theory]
    [InlineData(0, 50, "BatchSize is 0*between 1 and 10000*")]
    [InlineData(10_001, 50, "BatchSize is 10001*")]
    [InlineData(10, -1, "BatchWait is -00:00:00.0010000*between 0*")]
    [InlineData(10, 3_600_001, "BatchWait is 01:00:00.0010000*")]
    public void A_batch_of_no_sense_is_refused(int size, int waitMs, string why)
    {
        var building = () => Batches(h => (h.BatchSize, h.BatchWait) = (size, TimeSpan.FromMilliseconds(waitMs)));
        building.Should().Throw<RedisMessagingConfigurationException>().WithMessage($"Topic 'orders', batch delegate for OrderPlaced: {why}");
    }

    [Fact]
    public void An_order_of_keys_is_refused_beside_a_batch_handler()
    {
        var building = () => Batches(h => h.KeyOrder = KeyOrder.Overtaking);
        building.Should().Throw<RedisMessagingConfigurationException>().WithMessage("Topic 'orders', group 'app': KeyOrder is Overtaking together with the batch handler*Concurrency 1*");
        var beside = () => Configured.Model(b => b
            .AddStream("orders", s => s.Carries<OrderPlaced>().Carries<OrderShipped>())
            .AddHandler<OrderPlaced>(Handle, h => h.KeyOrder = KeyOrder.Strict)
            .AddBatchHandler<OrderShipped>((_, _) => Task.CompletedTask));
        beside.Should().Throw<RedisMessagingConfigurationException>().WithMessage("*KeyOrder is Strict together with the batch handler*");
    }

    [Fact]
    public void Handlers_of_one_group_agree_on_the_order_of_keys()
    {
        var building = () => Configured.Model(b => b
            .AddStream("orders", s => s.Carries<OrderPlaced>().Carries<OrderShipped>())
            .AddHandler<OrderPlaced>(Handle, h => h.KeyOrder = KeyOrder.Strict)
            .AddHandler<OrderShipped>(Handle, h => h.KeyOrder = KeyOrder.Overtaking));
        building.Should().Throw<RedisMessagingConfigurationException>().WithMessage("Topic 'orders'*KeyOrder to Strict and Overtaking*");
        Consumer(h => h.KeyOrder = KeyOrder.Strict).KeyOrder.Should().Be(KeyOrder.Strict);
        Consumer(_ => { }).KeyOrder.Should().Be(KeyOrder.None);
    }

    [Fact]
    public void An_order_of_keys_that_means_nothing_is_refused()
    {
        var unknown = () => Consumer(h => h.KeyOrder = (KeyOrder)9);
        unknown.Should().Throw<RedisMessagingConfigurationException>().WithMessage("Topic*group 'app': KeyOrder is 9*None, Strict, Overtaking*");
        var reading = () => Configured.Model(b => b.AddQueue<SendEmail>("emails")).DefineConsumer("emails", null, typeof(SendEmail), new SubscribeOptions { KeyOrder = KeyOrder.Strict });
        reading.Should().Throw<RedisMessagingConfigurationException>().WithMessage("Topic 'emails'*KeyOrder is Strict for a reader*");
    }

    [Fact]
    public void Two_handlers_of_one_type_in_one_group_are_refused()
    {
        var building = () => Configured.Model(b => b.AddStream<OrderPlaced>("orders").AddHandler<OrderPlaced>(Handle).AddHandler<OrderPlaced, Reserve>());
        building.Should().Throw<RedisMessagingConfigurationException>().WithMessage("Topic 'orders', group 'app'*'ConsumerRulesTests.Reserve'*'OrderPlaced'*Group of its own*");
    }

    [Fact]
    public void Two_groups_on_a_queue_are_refused_and_both_named()
    {
        var building = () => Configured.Model(b => b.AddQueue<SendEmail>("emails").AddHandler<SendEmail>(Handle, h => h.Group = "a").AddHandler<SendEmail>(Handle, h => h.Group = "b"));
        building.Should().Throw<RedisMessagingConfigurationException>().WithMessage("Topic 'emails' is a queue*'a' and 'b'*one group*Stream*");
        var subscribing = () => Configured.Model(b => b.AddQueue<SendEmail>("emails").AddHandler<SendEmail>(Handle, h => h.Group = "a"))
            .DefineConsumer("emails", null, typeof(SendEmail), new SubscribeOptions { Group = "b" });
        subscribing.Should().Throw<RedisMessagingConfigurationException>().WithMessage("Topic 'emails' is a queue*'a' and 'b'*");
    }

    [Theory]
    [InlineData(TransportKind.Stream)]
    [InlineData(TransportKind.PubSub)]
    public void Two_groups_elsewhere_are_two_consumers(TransportKind kind) =>
        Configured.Model(b => b.AddTopic<SendEmail>("emails", kind).AddHandler<SendEmail>(Handle, h => h.Group = "a").AddHandler<SendEmail>(Handle, h => h.Group = "b")).Consumers.Should().HaveCount(2);

    [Fact]
    public void Broadcast_on_a_queue_is_refused()
    {
        var building = () => Configured.Model(b => b.AddQueue<SendEmail>("emails").AddHandler<SendEmail>(Handle, h => h.Broadcast = true));
        building.Should().Throw<RedisMessagingConfigurationException>().WithMessage("Topic 'emails', group 'app'*Broadcast*Queue*Stream or Pub/Sub*");
    }

    public static TheoryData<Action<RedisMessagingBuilder>, Action<HandlerOptions>, string> UselessBroadcastNames => new()
    {
        { b => b.AddQueue<SendEmail>("emails"), h => h.BroadcastName = "web-1", "*BroadcastName*Queue*Stream*" },
        { b => b.AddPubSub<SendEmail>("emails"), h => h.BroadcastName = "web-1", "*BroadcastName*PubSub*Stream*" },
        { b => b.AddStream<SendEmail>("emails"), h => (h.BroadcastName, h.Broadcast) = ("web-1", false), "*BroadcastName*'web-1'*Broadcast is false*" },
        { b => b.AddStream<SendEmail>("emails"), h => (h.BroadcastName, h.InboxWindow) = ("web-1", TimeSpan.FromMinutes(1)), "*InboxWindow*Broadcast*" },
        { b => b.AddStream<SendEmail>("emails"), h => h.BroadcastName = "", "*BroadcastName ''*1 to 100*" },
        { b => b.AddStream<SendEmail>("emails"), h => h.BroadcastName = new string('w', 101), "*BroadcastName*1 to 100*" },
        { b => b.AddStream<SendEmail>("emails"), h => h.BroadcastName = "web:1", "*BroadcastName 'web:1'*" },
        { b => b.AddStream<SendEmail>("emails"), h => h.BroadcastName = "@web", "*BroadcastName '@web'*" },
    };

    [Theory]
    [MemberData(nameof(UselessBroadcastNames))]
    public void A_broadcast_name_that_can_not_be_is_refused(Action<RedisMessagingBuilder> topic, Action<HandlerOptions> handler, string told)
    {
        var building = () => Configured.Model(b =>
        {
            topic(b);
            b.AddHandler<SendEmail>(Handle, handler);
        });
        building.Should().Throw<RedisMessagingConfigurationException>().WithMessage($"Topic 'emails', group 'app'{told}");
    }

    [Fact]
    public void A_broadcast_name_implies_broadcast()
    {
        var consumer = Configured.Model(b => b.AddStream<SendEmail>("emails").AddHandler<SendEmail>(Handle, h => h.BroadcastName = "web-1")).Consumers.Single();
        (consumer.Broadcast, consumer.BroadcastName).Should().Be((true, "web-1"));
    }

    public static TheoryData<string, Action<RedisMessagingBuilder>, Action<HandlerOptions>, string> UselessInboxes => new()
    {
        { "zero", b => b.AddQueue<SendEmail>("emails"), h => h.InboxWindow = TimeSpan.Zero, "*InboxWindow is 00:00:00*more than zero*30 days*" },
        { "too long", b => b.AddStream<SendEmail>("emails"), h => h.InboxWindow = TimeSpan.FromDays(31), "*InboxWindow is 31.00:00:00*more than zero*30 days*" },
        { "Pub/Sub", b => b.AddPubSub<SendEmail>("emails"), h => h.InboxWindow = TimeSpan.FromMinutes(1), "*InboxWindow*a PubSub topic acks nothing*Stream*Queue*AtLeastOnce*" },
        { "at most once", b => b.AddQueue<SendEmail>("emails", q => q.Delivery = QueueDelivery.AtMostOnce), h => h.InboxWindow = TimeSpan.FromMinutes(1), "*InboxWindow*AtMostOnce acks nothing*AtLeastOnce*" },
        { "Broadcast", b => b.AddStream<SendEmail>("emails"), h => (h.InboxWindow, h.Broadcast) = (TimeSpan.FromMinutes(1), true), "*InboxWindow*Broadcast*would be lost*" },
    };

    [Theory]
    [MemberData(nameof(UselessInboxes))]
    public void An_inbox_that_can_not_work_is_refused(string what, Action<RedisMessagingBuilder> topic, Action<HandlerOptions> handler, string told)
    {
        var building = () => Configured.Model(b =>
        {
            topic(b);
            b.AddHandler<SendEmail>(Handle, handler);
        });
        building.Should().Throw<RedisMessagingConfigurationException>(what).WithMessage($"Topic 'emails', group 'app'{told}");
    }

    public static TheoryData<string, Action<HandlerOptions>, Action<HandlerOptions>> Disagreements => new()
    {
        { "Concurrency to 2 and 3", h => h.Concurrency = 2, h => h.Concurrency = 3 },
        { "Prefetch to 20 and 30", h => h.Prefetch = 20, h => h.Prefetch = 30 },
        { "PrefetchBytes to 2000 and 3000", h => h.PrefetchBytes = 2_000, h => h.PrefetchBytes = 3_000 },
        { "BroadcastName to web-1 and web-2", h => h.BroadcastName = "web-1", h => h.BroadcastName = "web-2" },
        { "Broadcast to True and False", h => h.Broadcast = true, h => h.Broadcast = false },
        { "InboxWindow to 00:01:00 and 00:02:00", h => h.InboxWindow = TimeSpan.FromMinutes(1), h => h.InboxWindow = TimeSpan.FromMinutes(2) },
        { "RateLimit to 1 in 00:00:01 and 2 in 00:00:01", h => h.RateLimit = new RateLimit(1, TimeSpan.FromSeconds(1)), h => h.RateLimit = new RateLimit(2, TimeSpan.FromSeconds(1)) },
        { "StartAt to New and Beginning", h => h.StartAt = StartPosition.New, h => h.StartAt = StartPosition.Beginning },
    };

    [Theory]
    [MemberData(nameof(Disagreements))]
    public void Handlers_of_one_group_that_disagree_are_refused(string told, Action<HandlerOptions> one, Action<HandlerOptions> other)
    {
        var building = () => Configured.Model(b => b.AddStream("orders", s => s.Carries<OrderPlaced>().Carries<OrderShipped>()).AddHandler<OrderPlaced>(Handle, one).AddHandler<OrderShipped>(Handle, other));
        building.Should().Throw<RedisMessagingConfigurationException>().WithMessage($"Topic 'orders'*{told}*different groups*");
    }

    [Theory]
    [InlineData(0, 1.0, "*RateLimit allows 0 messages*1 at least*PauseAsync*")]
    [InlineData(1, 0.0, "*RateLimit counts messages per 00:00:00*more than zero*24 hours*")]
    [InlineData(1, 90_000.0, "*RateLimit counts messages per 1.01:00:00*more than zero*24 hours*")]
    public void A_rate_limit_that_is_none_is_refused(int messages, double seconds, string told)
    {
        var building = () => Consumer(h => h.RateLimit = new RateLimit(messages, TimeSpan.FromSeconds(seconds)));
        building.Should().Throw<RedisMessagingConfigurationException>().WithMessage("Topic 'orders', group 'app'" + told);
    }

    [Fact]
    public void A_reader_has_no_rate_limit()
    {
        var model = Configured.Model(b => b.AddStream<OrderPlaced>("orders"));
        var reading = () => model.DefineConsumer("orders", null, typeof(OrderPlaced), new SubscribeOptions { RateLimit = new RateLimit(1, TimeSpan.FromSeconds(1)) });
        reading.Should().Throw<RedisMessagingConfigurationException>().WithMessage("Topic 'orders'*RateLimit*reader*SubscribeAsync*");
    }

    [Theory]
    [InlineData(0, null, "*Concurrency is 0*between 1 and 10000*")]
    [InlineData(20_000, null, "*Concurrency is 20000*between 1 and 10000*")]
    [InlineData(8, 4, "*Prefetch is 4*between Concurrency (8) and 10000*")]
    [InlineData(1, 20_000, "*Prefetch is 20000*between Concurrency (1) and 10000*")]
    public void Numbers_out_of_bounds_are_refused(int concurrency, int? prefetch, string told)
    {
        var building = () => Consumer(h => (h.Concurrency, h.Prefetch) = (concurrency, prefetch));
        building.Should().Throw<RedisMessagingConfigurationException>().WithMessage("Topic 'orders', group 'app'" + told);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("two words")]
    [InlineData("{braces}")]
    [InlineData("new\nline")]
    public void A_group_that_can_t_be_part_of_a_key_is_refused(string group)
    {
        var building = () => Consumer(h => h.Group = group);
        building.Should().Throw<RedisMessagingConfigurationException>().WithMessage("Topic 'orders'*group*1 to 200 characters*");
    }

    [Fact]
    public void The_default_group_is_the_application_s_name_made_fit()
    {
        var builder = new RedisMessagingBuilder();
        builder.UseJson(SampleJson.Default).AddStream<OrderPlaced>("orders").AddHandler<OrderPlaced>(Handle);
        RedisMessaging.Configuration.BusModel.Build(builder, builder.Options, null, "My Shop {eu}", builder.BuildSerializer(), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance)
            .Consumers.Single().Group.Should().Be("My-Shop--eu-");
    }

    [Fact]
    public void A_type_on_no_topic_is_told_with_the_ways_to_add_one()
    {
        var model = Configured.Model(b => b.AddStream<OrderPlaced>("orders"));
        var finding = () => model.TopicOf(typeof(SendEmail));
        finding.Should().Throw<RedisMessagingConfigurationException>().WithMessage("*'SendEmail'*AddStream<SendEmail>*'orders' (OrderPlaced)*");
        var handling = () => Configured.Model(b => b.AddHandler<SendEmail>(Handle));
        handling.Should().Throw<RedisMessagingConfigurationException>().WithMessage("*'SendEmail'*AddStream<SendEmail>*none*");
    }

    [Fact]
    public void A_type_on_several_topics_is_told_with_all_of_them()
    {
        void Topics(RedisMessagingBuilder b) => b.AddStream<OrderPlaced>("orders").AddQueue<OrderPlaced>("work");
        var publishing = () => Configured.Model(Topics).TopicOf(typeof(OrderPlaced));
        publishing.Should().Throw<RedisMessagingConfigurationException>().WithMessage("*'OrderPlaced'*'orders', 'work'*PublishToAsync*Topic*");
        var handling = () => Configured.Model(b =>
        {
            Topics(b);
            b.AddHandler<OrderPlaced>(Handle);
        });
        handling.Should().Throw<RedisMessagingConfigurationException>("it is told at start-up, too").WithMessage("*'orders', 'work'*");
        Configured.Model(b =>
        {
            Topics(b);
            b.AddHandler<OrderPlaced>(Handle, h => h.Topic = "work");
        }).Consumers.Single().Topic.Name.Should().Be("work");
    }

    [Fact]
    public void A_handler_s_topic_has_to_exist_and_to_carry_the_type()
    {
        var unknown = () => Configured.Model(b => b.AddStream<OrderPlaced>("orders").AddHandler<OrderPlaced>(Handle, h => h.Topic = "oders"));
        unknown.Should().Throw<RedisMessagingConfigurationException>().WithMessage("*no topic 'oders'*'orders' (OrderPlaced)*");
        var other = () => Configured.Model(b => b.AddStream<OrderPlaced>("orders").AddQueue<SendEmail>("emails").AddHandler<OrderPlaced>(Handle, h => h.Topic = "emails"));
        other.Should().Throw<RedisMessagingConfigurationException>().WithMessage("Topic 'emails'*'OrderPlaced'*SendEmail*Carries<OrderPlaced>()*");
    }

    [Fact]
    public void A_concrete_channel_belongs_to_its_pattern()
    {
        var model = Configured.Model(b => b.AddPubSub<PriceChanged>("prices:*").AddPubSub<OrderPlaced>("*:placed").AddHandler<PriceChanged>(Handle, h => h.Topic = "prices:gold"));
        var consumer = model.Consumers.Single();
        (consumer.Topic.Name, consumer.Address).Should().Be(("prices:*", "prices:gold"));
        model.Find("prices:placed", typeof(PriceChanged), forSubscribing: false).Name.Should().Be("prices:*", "of two patterns the one that carries the type");

        var publishing = () => model.Find("prices:*", typeof(PriceChanged), forSubscribing: false);
        publishing.Should().Throw<RedisMessagingConfigurationException>().WithMessage("*'prices:*'*pattern*channel*");
        var without = () => model.TopicOf(typeof(PriceChanged));
        without.Should().Throw<RedisMessagingConfigurationException>().WithMessage("*'prices:*'*PublishToAsync(\"prices:*");
    }

    [Fact]
    public void A_channel_of_two_patterns_that_carry_the_type_is_refused_and_both_named()
    {
        var model = Configured.Model(b => b.AddPubSub<PriceChanged>("prices:*").AddPubSub<PriceChanged>("*:gold"));
        var finding = () => model.Find("prices:gold", typeof(PriceChanged), forSubscribing: false);
        finding.Should().Throw<RedisMessagingConfigurationException>().WithMessage("*'prices:gold'*'prices:*', '*:gold'*");
    }

    private static RedisMessaging.Configuration.Handlers.ConsumerDefinition Consumer(Action<HandlerOptions> configure) =>
        Configured.Model(b => b.AddStream<OrderPlaced>("orders").AddHandler<OrderPlaced>(Handle, configure)).Consumers.Single();

    private static RedisMessaging.Configuration.Handlers.ConsumerDefinition Batches(Action<BatchHandlerOptions> configure) =>
        Configured.Model(b => b.AddStream<OrderPlaced>("orders").AddBatchHandler<OrderPlaced>((_, _) => Task.CompletedTask, configure)).Consumers.Single();

    private static ValueTask Handle<T>(T message, MessageContext context, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    private sealed class Reserve : IMessageHandler<OrderPlaced>
    {
        public ValueTask HandleAsync(OrderPlaced message, MessageContext context, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}
