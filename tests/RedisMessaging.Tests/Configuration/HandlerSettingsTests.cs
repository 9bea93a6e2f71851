using RedisMessaging.Background;
using RedisMessaging.Configuration;
using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Configuration.Settings;
using RedisMessaging.Consuming.Handlers;
using RedisMessaging.Tests.Support;
using RedisMessaging.Topics;

namespace RedisMessaging.Tests.Configuration;

/// <summary>What the configuration says of handlers, by topic and group.</summary>
public sealed class HandlerSettingsTests
{
    public static TheoryData<string, string> Mistakes => new()
    {
        { """{ "inventory": { "Concurency": 4 } }""", "Topic 'orders', group 'inventory': RedisMessaging:Topics:orders:Handlers:inventory:Concurency ('4') is not a known setting of handlers. Did you mean 'Concurrency'? Known settings: *" },
        { """{ "inventory": { "Retry": { "MaxAttemps": 4 } } }""", "*Handlers:inventory:Retry:MaxAttemps ('4')*Did you mean 'Retry:MaxAttempts'?*" },
        { """{ "inventory": { "Concurrency": "many" } }""", "Topic 'orders', group 'inventory': RedisMessaging:Topics:orders:Handlers:inventory:Concurrency is 'many'; it must be a whole number*" },
        { """{ "inventory": { "Concurrency": 0 } }""", "Topic 'orders', group 'inventory': Concurrency is 0; it must be between 1 and 10000. It is configured at RedisMessaging:Topics:orders:Handlers:inventory:Concurrency." },
        { """{ "inventory": { "Concurrency": 16, "Prefetch": 4 } }""", "*Prefetch is 4; it must be between Concurrency (16) and 10000. It is configured at *:Handlers:inventory:Prefetch." },
        { """{ "inventory": { "Retry": { "Delay": "5" } } }""", "*Handlers:inventory:Retry:Delay is '5'*" },
        { """{ "inventory": { "Retry": { "Jitter": 7 } } }""", "*Retry.Jitter is 7; it must be between 0 and 1. It is configured at *Handlers:inventory:Retry:Jitter." },
        { """{ "inventory": { "Retry": { "Jitter": "0,5" } } }""", "*Retry:Jitter is '0,5'; it must be a number, such as 0.2*" },
        { """{ "inventory": { "Retry": { "DoNotRetry": "x" } } }""", "*Retry:DoNotRetry ('x') can't be configured: set Retry.DoNotRetry in code." },
        { """{ "inventory": { "RateLimit": { "Messages": 5 } } }""", "*RateLimit counts messages per 00:00:00*" },
        { """{ "inventory": { "RateLimit": 5 } }""", "*Handlers:inventory:RateLimit ('5') is not a known setting*RateLimit:*" },
        { """{ "inventory": { "PauseOn": { "TimeoutException": 5 } } }""", "*PauseOn:TimeoutException ('5') can't be configured: set PauseOn in code." },
        { """{ "inventory": { "HandlerTimeout": "00:00:00" } }""", "*HandlerTimeout is 00:00:00*It is configured at *Handlers:inventory:HandlerTimeout." },
        { """{ "inventory": { "BatchSize": 5 } }""", "*Handlers:inventory:BatchSize ('5') has no effect: BatchSize is for batch handlers, and the group has none*" },
        { """{ "inventory": { "Group": "stock" } }""", "*Handlers:inventory:Group ('stock') can't be configured: topic and group are the keys*" },
        { """{ "inventory": { "Concurrency": [4] } }""", "*Handlers:inventory:Concurrency:0 ('4') stands below 'Concurrency', which holds a single value*" },
        { """{ "inventory": 4 }""", "Topic 'orders', group 'inventory': RedisMessaging:Topics:orders:Handlers:inventory is '4'; it must be a section with settings: Concurrency*" },
        { """{ "inventry": { "Concurrency": 4 } }""", "Topic 'orders': RedisMessaging:Topics:orders:Handlers:inventry:Concurrency ('4') is about a group 'inventry', which has no handler in this process. Did you mean 'inventory'?*" },
        { """{ "Concurrency": 4 }""", "*Handlers:Concurrency ('4') stands directly below Handlers, where the names of groups stand. Move it below the group: Handlers:inventory:Concurrency." },
        { """{ "Retry": { "MaxAttempts": 4 } }""", "*Handlers:Retry:MaxAttempts ('4') stands directly below Handlers*Handlers:inventory:Retry:MaxAttempts." },
        { "4", "Topic 'orders': RedisMessaging:Topics:orders:Handlers is '4'; it must be a section of groups*" },
    };

    [Fact]
    public void Every_setting_reaches_the_consumer()
    {
        var consumer = Consumer("""
            {
              "inventory": {
                "Concurrency": 16, "Prefetch": 1000, "PrefetchBytes": 2048, "StartAt": "New", "InboxWindow": "00:05:00", "KeyOrder": "Strict",
                "RateLimit": { "Messages": 5, "Per": "00:00:02" }, "HandlerTimeout": "00:00:07", "Paused": true,
                "Retry": { "MaxAttempts": 5, "ImmediateAttempts": 1, "Delay": "00:00:01", "Backoff": "Fixed", "MaxDelay": "00:00:09", "Jitter": 0.5 }
              }
            }
            """);

        (consumer.Concurrency, consumer.Prefetch, consumer.PrefetchBytes, consumer.StartAt).Should().Be((16, 1000, 2048, StartPosition.New));
        (consumer.InboxWindow, consumer.KeyOrder, consumer.RateLimit, consumer.Paused).Should().Be((TimeSpan.FromMinutes(5), KeyOrder.Strict, new RateLimit(5, TimeSpan.FromSeconds(2)), true));
        var handler = consumer.Handlers.Values.Single();
        handler.Timeout.Should().Be(TimeSpan.FromSeconds(7));
        handler.Retry.Should().BeEquivalentTo(new { MaxAttempts = 5, ImmediateAttempts = 1, Delay = TimeSpan.FromSeconds(1), Backoff = RetryBackoff.Fixed, MaxDelay = TimeSpan.FromSeconds(9), Jitter = 0.5 });

        var broadcast = Consumer("""{ "inventory": { "Broadcast": true, "BroadcastName": "host" } }""");
        (broadcast.Broadcast, broadcast.BroadcastName).Should().Be((true, "host"));
    }

    [Fact]
    public void Configuration_overrides_code_and_leaves_the_rest()
    {
        HandlerOptions? coded = null;
        var consumer = Consumer("""{ "INVENTORY": { "concurrency": 4, "Retry": { "MaxAttempts": 3 } } }""", options =>
        {
            coded = options;
            options.Concurrency = 2;
            options.Prefetch = 50;
            options.Retry.MaxAttempts = 9;
            options.Retry.Delay = TimeSpan.FromSeconds(3);
            options.Retry.DoNotRetry<ArgumentException>();
        });

        (consumer.Concurrency, consumer.Prefetch).Should().Be((4, 50));
        var retry = consumer.Handlers.Values.Single().Retry;
        (retry.MaxAttempts, retry.Delay, retry.IsRetryable(new ArgumentException(), out _)).Should().Be((3, TimeSpan.FromSeconds(3), false));
        (coded!.Concurrency, coded.Retry.MaxAttempts).Should().Be((2, 9), "what code says is still known");
    }

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_is_refused_with_its_path_and_the_fix(string handlers, string message) =>
        FluentActions.Invoking(() => Consumer(handlers)).Should().Throw<RedisMessagingConfigurationException>().WithMessage(message);

    [Theory]
    [InlineData("""{ "inventory": {} }""")]
    [InlineData("""{ "inventory": null }""")]
    [InlineData("""{ "inventory": { "Retry": {}, "RateLimit": null } }""")]
    [InlineData("{}")]
    public void What_is_empty_says_nothing(string handlers) => Consumer(handlers).Concurrency.Should().Be(1);

    [Fact]
    public void A_group_of_another_service_is_logged()
    {
        using var log = new ListLoggerProvider();
        Model("""{ "inventory": { "Prefetch": 7 }, "billing": { "Prefetch": 7 }, "a:b": { "Retry": { "MaxAttempts": 2 } } }""", log: log);

        log.TextsOf(2011).Should().HaveCount(2).And.Contain(line => line.Contains("group billing on topic orders")).And.Contain(line => line.Contains("group a:b on topic orders"));
    }

    [Fact]
    public void Batch_settings_are_for_batch_handlers()
    {
        var model = Configured.Model(
            builder => builder.AddStream("orders", stream => stream.Carries<OrderPlaced>().Carries<PriceChanged>())
                .AddBatchHandler<OrderPlaced>((_, _) => Task.CompletedTask, options => options.Group = "inventory")
                .AddHandler<PriceChanged>((_, _, _) => Task.CompletedTask, options => options.Group = "inventory"),
            ("Topics:orders:Handlers:inventory:BatchSize", "7"),
            ("Topics:orders:Handlers:inventory:BatchWait", "00:00:03"));

        var batch = model.Consumers.Single().Handlers[typeof(OrderPlaced)].Batch!;
        (batch.BatchSize, batch.BatchWait, model.Consumers.Single().BatchSize).Should().Be((7, TimeSpan.FromSeconds(3), 7));
    }

    [Fact]
    public void The_default_group_is_named_like_the_application_and_groups_may_have_colons()
    {
        var model = Configured.Model(
            builder => builder.AddStream<OrderPlaced>("eu:orders")
                .AddHandler<OrderPlaced>((_, _, _) => Task.CompletedTask)
                .AddHandler<OrderPlaced>((_, _, _) => Task.CompletedTask, options => options.Group = "stock:eu"),
            ("Topics:eu:orders:Handlers:app:Concurrency", "3"),
            ("Topics:eu:orders:Handlers:stock:eu:Concurrency", "4"));

        model.Consumers.Select(consumer => (consumer.Group, consumer.Concurrency)).Should().BeEquivalentTo([("app", 3), ("stock:eu", 4)]);
    }

    [Fact]
    public void What_subscribes_later_is_configured_too()
    {
        var model = Model("""{ "late": { "Concurrency": 5 } }""");
        var options = new SubscribeOptions { Group = "late" };

        var consumer = model.DefineConsumer("orders", new RedisMessaging.Consuming.Handlers.DelegateHandlerBinding<OrderPlaced>((_, _, _) => ValueTask.CompletedTask), typeof(OrderPlaced), options);

        (consumer.Concurrency, options.Concurrency).Should().Be((5, null), "the caller's options stay as they are");
        FluentActions.Invoking(() => model.DefineConsumer("orders", null, typeof(OrderPlaced), options)).Should().Throw<RedisMessagingConfigurationException>()
            .WithMessage("*Concurrency is 5, but a reader*It is configured at RedisMessaging:Topics:orders:Handlers:late:Concurrency.");
    }

    [Fact]
    public void The_settings_are_the_options_of_handlers_that_are_values()
    {
        string[] notValues = [nameof(HandlerOptions.Topic), nameof(ConsumerOptions.Group), nameof(ConsumerOptions.OnGap), nameof(ConsumerOptions.OnDeadLetter), nameof(ConsumerOptions.Retry), nameof(ConsumerOptions.RateLimit)];
        var options = typeof(BatchHandlerOptions).GetProperties().Select(property => property.Name).Except(notValues)
            .Concat(typeof(RetryOptions).GetProperties().Select(property => "Retry:" + property.Name))
            .Concat(["RateLimit:Messages", "RateLimit:Per", HandlerSettings.Paused]);

        HandlerSettings.Names.Should().BeEquivalentTo(options);
    }

    private static ConsumerDefinition Consumer(string handlers, Action<HandlerOptions>? configure = null) => Model(handlers, configure).Consumers.Single();

    private static BusModel Model(string handlers, Action<HandlerOptions>? configure = null, ListLoggerProvider? log = null)
    {
        using var other = new ListLoggerProvider();
        var builder = new RedisMessagingBuilder();
        builder.UseJson(SampleJson.Default);
        builder.AddStream<OrderPlaced>("orders");
        builder.AddHandler<OrderPlaced>((_, _, _) => Task.CompletedTask, options =>
        {
            options.Group = "inventory";
            configure?.Invoke(options);
        });
        return Configured.Model(builder, Configured.Json($$"""{ "Topics": { "orders": { "Handlers": {{handlers}} } } }"""), log ?? other);
    }
}
