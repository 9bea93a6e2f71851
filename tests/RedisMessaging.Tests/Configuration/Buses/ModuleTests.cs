using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RedisMessaging.Tests.Support;
using RedisMessaging.Topics;
using StackExchange.Redis;

namespace RedisMessaging.Tests.Configuration.Buses;

/// <summary>Modules that add to one bus, without knowing each other.</summary>
public sealed class ModuleTests
{
    private const string Nowhere = "127.0.0.1:1,connectTimeout=100";

    [Theory]
    [InlineData(null)]
    [InlineData("shop")]
    public async Task Modules_add_before_and_after_AddRedisMessaging(string? name)
    {
        var services = new ServiceCollection();
        AddTopics(services, name, b => b.AddStream<string>("before").AddHandler<string>((_, _, _) => ValueTask.CompletedTask, h => h.Topic = "application"));
        AddBus(services, name, Nowhere, b =>
        {
            b.KeyPrefix = "shop:";
            b.AddQueue<string>("application");
        });
        AddTopics(services, name, b => b.AddPubSub<int>("after"));
        await using var provider = services.BuildServiceProvider();

        var bus = Bus(provider, name);

        foreach (var topic in new[] { "before", "application", "after" })
        {
            bus.Topic(topic).Name.Should().Be(topic);
        }

        provider.GetRequiredService<IOptionsMonitor<RedisMessagingOptions>>().Get(name ?? Options.DefaultName).KeyPrefix.Should().Be("shop:");
        provider.GetServices<IHostedService>().Should().ContainSingle();
    }

    [Fact]
    public async Task AddRedisMessaging_may_be_called_again_with_the_same_connection()
    {
        var section = Configured.Section(("Connection", "localhost:1"));
        await using var provider = new ServiceCollection()
            .AddRedisMessaging("localhost:1", b => b.AddStream<string>("a"))
            .AddRedisMessaging(" localhost:1", b => b.AddStream<string>("b"))
            .AddRedisMessaging("shop", section, b => b.AddStream<string>("a"))
            .AddRedisMessaging("shop", Configured.Section(), b => b.AddStream<string>("b"))
            .BuildServiceProvider();
        foreach (var name in new[] { null, "shop" })
        {
            Bus(provider, name).Topic("b").Name.Should().Be("b");
            Bus(provider, name).Topic("a").Name.Should().Be("a");
        }
    }

    [Fact]
    public void Two_connections_of_one_bus_are_refused_with_both_calls()
    {
        using var redis = new FakeConnections();
        var options = new ConfigurationOptions { EndPoints = { "localhost:2" } };
        foreach (var (add, text) in new (Action<IServiceCollection>, string)[]
        {
            (s => s.AddRedisMessaging("orders", b => { }), "'orders' ("),
            (s => s.AddRedisMessaging("localhost:1,password=secret", b => { }), "a connection string (localhost:1) (AddRedisMessaging in *They differ in what is not shown"),
            (s => s.AddRedisMessaging(options, b => { }), "ConfigurationOptions (localhost:2) ("),
            (s => s.AddRedisMessaging(redis.OpenAsync, b => { }), "a factory ("),
            (s => s.AddRedisMessaging(b => { }), "the IConnectionMultiplexer in the container ("),
            (s => s.AddRedisMessaging(Configured.Section(), b => { }), "the configuration section 'RedisMessaging' ("),
        })
        {
            var services = new ServiceCollection().AddRedisMessaging("localhost:1", b => b.AddStream<string>("a"));
            var adding = () => add(services);
            adding.Should().Throw<RedisMessagingConfigurationException>()
                .WithMessage($"*twice for the bus without a name, with two connections: a connection string (localhost:1) (AddRedisMessaging in *{nameof(ModuleTests)}.*) and {text}*AddRedisMessagingTopics(…)*give it a name*")
                .Which.Message.Should().NotContain("secret");
            services.AddRedisMessaging("second", "localhost:2", b => { });
        }
    }

    [Fact]
    public void A_topic_that_modules_add_in_the_same_way_is_one_topic()
    {
        var services = new ServiceCollection().AddRedisMessaging(Nowhere, b => { });
        for (var i = 0; i < 2; i++)
        {
            services.AddRedisMessagingTopics(b => b.UseJson(SampleJson.Default).AddStream("orders", s =>
            {
                s.Lease = TimeSpan.FromSeconds(10);
                s.Retention = new Retention { MaxLength = 5 };
                s.Carries<OrderPlaced>("placed", "made").Carries<string>();
            }));
        }

        using var provider = services.BuildServiceProvider();
        Bus(provider, null).Topic("orders").Capabilities.Lease.Should().Be(TimeSpan.FromSeconds(10));
    }

    public static TheoryData<string, Action<RedisMessagingBuilder>, Action<RedisMessagingBuilder>, string> Disagreements => new()
    {
        { "transports", b => b.AddStream<string>("orders"), b => b.AddQueue<string>("orders"), "a Stream by *, and a Queue by *" },
        { "types", b => b.AddStream<string>("orders"), b => b.AddStream<int>("orders"), "carrying string by *, and carrying int by *" },
        { "names", b => b.AddStream("orders", s => s.Carries<string>("a")), b => b.AddStream("orders", s => s.Carries<string>("a", "b")), "carrying string as 'a' by *, and carrying string as 'a', 'b' by *" },
        { "options", b => b.AddStream<string>("orders", s => s.Lease = TimeSpan.FromSeconds(10)), b => b.AddStream<string>("orders"), "Lease '00:00:10' by *, and Lease '00:00:30' by *" },
        { "keys", b => b.AddStream<string>("orders", s => s.Key = "x"), b => b.AddStream<string>("orders"), "Key 'x' by *, and Key 'null' by *" },
    };

    [Theory]
    [MemberData(nameof(Disagreements))]
    public void A_topic_that_modules_add_differently_is_refused_with_both_calls(string what, Action<RedisMessagingBuilder> one, Action<RedisMessagingBuilder> other, string text)
    {
        var services = new ServiceCollection();
        OneModule.Add(services, "shop", one);
        var adding = () => OtherModule.Add(services, "shop", other);
        var message = adding.Should().Throw<RedisMessagingConfigurationException>(what).WithMessage($"Topic 'orders' of the bus 'shop'*{text}*Add it in one place*").Which.Message;
        message.Should().Contain($"AddRedisMessagingTopics in {typeof(OneModule).FullName!.Replace('+', '.')}.Add").And.Contain($"{nameof(OtherModule)}.Add");
    }

    [Fact]
    public void Names_of_topics_that_differ_by_case_or_stand_for_the_same_are_refused_with_both_calls()
    {
        var services = new ServiceCollection();
        OneModule.Add(services, "shop", b => b.AddStream<string>("orders").AddPubSub<string>("news:*"));
        foreach (var (name, text) in new[] { ("Orders", "*differ only by case*"), ("news:{area}", "*stand for the same names*") })
        {
            var adding = () => OtherModule.Add(services, "shop", b => b.AddPubSub<string>(name));
            adding.Should().Throw<RedisMessagingConfigurationException>().WithMessage($"{text}*They were added by *{nameof(OneModule)}.Add and by *{nameof(OtherModule)}.Add.");
        }
    }

    [Fact]
    public void Options_of_the_bus_that_modules_set_differently_are_refused_with_both_calls()
    {
        var services = new ServiceCollection();
        OneModule.Add(services, "shop", b => b.KeyPrefix = "one:");
        OneModule.Add(services, "shop", b => b.KeyPrefix = "one:");
        var adding = () => OtherModule.Add(services, "shop", b => b.KeyPrefix = "other:");
        adding.Should().Throw<RedisMessagingConfigurationException>()
            .WithMessage($"KeyPrefix of the bus 'shop' is set to 'one:' by *{nameof(OneModule)}.Add, and to 'other:' by *{nameof(OtherModule)}.Add. Set it in one place*");

        OneModule.Add(services, "shop", b => b.BlockingConnectionOptions = ConfigurationOptions.Parse("localhost,password=secret"));
        adding = () => OtherModule.Add(services, "shop", b => b.BlockingConnectionOptions = ConfigurationOptions.Parse("localhost,password=other"));
        adding.Should().Throw<RedisMessagingConfigurationException>().WithMessage("BlockingConnectionOptions*").Which.Message.Should().NotContain("secret");
    }

    [Fact]
    public void An_option_may_be_set_again_within_one_call()
    {
        var services = new ServiceCollection().AddRedisMessaging(Nowhere, b =>
        {
            b.KeyPrefix = "a:";
            b.KeyPrefix = "b:";
        });
        using var provider = services.BuildServiceProvider();
        provider.GetRequiredService<IOptions<RedisMessagingOptions>>().Value.KeyPrefix.Should().Be("b:");
    }

    [Theory]
    [InlineData("same", "same", 1, "*'delegate for string'*'string'*Give each a Group*The handlers were added by *OneModule.Add and by *OtherModule.Add.")]
    [InlineData("one", "other", 2, "*is a queue*'one' and 'other'*The handlers were added by *OneModule.Add and by *OtherModule.Add.")]
    public void Groups_that_modules_use_twice_are_refused_with_both_calls(string group, string otherGroup, int concurrency, string text)
    {
        var services = new ServiceCollection().AddRedisMessaging("shop", Nowhere, b => b.AddQueue("orders", q => q.Carries<string>().Carries<int>()));
        OneModule.Add(services, "shop", b => b.AddHandler<string>((_, _, _) => ValueTask.CompletedTask, h => (h.Group, h.Concurrency) = (group, concurrency)));
        OtherModule.Add(services, "shop", b => b.AddHandler<string>((_, _, _) => ValueTask.CompletedTask, h => h.Group = otherGroup));
        using var provider = services.BuildServiceProvider();
        var getting = () => Bus(provider, "shop");
        getting.Should().Throw<RedisMessagingConfigurationException>().WithMessage(text.Replace("*'delegate for string'*", "Bus 'shop': Topic 'orders', group 'same': *", StringComparison.Ordinal));
    }

    [Fact]
    public void Handlers_of_one_group_that_disagree_are_refused_with_both_calls()
    {
        var services = new ServiceCollection().AddRedisMessaging("shop", Nowhere, b => b.AddStream("orders", q => q.Carries<string>().Carries<int>()));
        OneModule.Add(services, "shop", b => b.AddHandler<string>((_, _, _) => ValueTask.CompletedTask, h => h.Concurrency = 2));
        OtherModule.Add(services, "shop", b => b.AddHandler<int>((_, _, _) => ValueTask.CompletedTask, h => h.Concurrency = 3));
        using var provider = services.BuildServiceProvider();
        var getting = () => Bus(provider, "shop");
        getting.Should().Throw<RedisMessagingConfigurationException>().WithMessage("*'orders'*Concurrency*2 and 3*added by *OneModule.Add and by *OtherModule.Add.");
    }

    [Fact]
    public async Task Topics_of_a_bus_without_a_connection_fail_the_start()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        OneModule.Add(builder.Services, "ordres", b => b.AddStream<string>("orders"));
        builder.Services.AddRedisMessaging("orders", Nowhere, b => b.AddStream<string>("a"));
        using var host = builder.Build();
        var starting = async () => await host.StartAsync();
        (await starting.Should().ThrowAsync<RedisMessagingConfigurationException>())
            .WithMessage("Bus 'ordres': Topics and handlers were added to the bus 'ordres' (AddRedisMessagingTopics in *OneModule.Add), but nothing says how it connects. Call AddRedisMessaging(\"ordres\", connection, …).*did you mean the bus 'orders'?");
    }

    [Fact]
    public void A_bus_with_a_connection_and_no_name_is_pointed_out_where_a_name_was_meant()
    {
        using var provider = new ServiceCollection()
            .AddRedisMessagingTopics("orders", b => b.AddStream<string>("a"))
            .AddRedisMessaging("orders", b => b.AddStream<string>("b"))
            .BuildServiceProvider();
        var getting = () => Bus(provider, "orders");
        getting.Should().Throw<RedisMessagingConfigurationException>().WithMessage("*nothing says how it connects*AddRedisMessaging(\"orders\", configure), without a connection, is the bus without a name on a host 'orders'.");
    }

    private static void AddBus(IServiceCollection services, string? name, string connection, Action<RedisMessagingBuilder> configure) =>
        _ = name is null ? services.AddRedisMessaging(connection, configure) : services.AddRedisMessaging(name, connection, configure);

    private static void AddTopics(IServiceCollection services, string? name, Action<RedisMessagingBuilder> configure) =>
        _ = name is null ? services.AddRedisMessagingTopics(configure) : services.AddRedisMessagingTopics(name, configure);

    private static IMessageBus Bus(IServiceProvider provider, string? name) =>
        name is null ? provider.GetRequiredService<IMessageBus>() : provider.GetRequiredKeyedService<IMessageBus>(name);

    private static class OneModule
    {
        public static void Add(IServiceCollection services, string name, Action<RedisMessagingBuilder> configure) =>
            services.AddRedisMessagingTopics(name, messaging => configure(messaging));
    }

    private static class OtherModule
    {
        public static void Add(IServiceCollection services, string name, Action<RedisMessagingBuilder> configure) =>
            services.AddRedisMessagingTopics(name, messaging => configure(messaging));
    }

    private sealed class FakeConnections : IDisposable
    {
        public Task<IConnectionMultiplexer> OpenAsync(IServiceProvider services, CancellationToken cancellationToken) => throw new InvalidOperationException("Never called.");

        public void Dispose()
        {
        }
    }
}
