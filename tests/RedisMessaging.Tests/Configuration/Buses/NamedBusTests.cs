using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RedisMessaging.Tests.Support;
using RedisMessaging.Topics;
using StackExchange.Redis;

namespace RedisMessaging.Tests.Configuration.Buses;

/// <summary>Several buses in one container, each under its name.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by the container.")]
public sealed class NamedBusTests
{
    private const string Nowhere = "127.0.0.1:1,connectTimeout=100";

    [Fact]
    public async Task Each_bus_is_a_service_of_its_own()
    {
        await using var provider = new ServiceCollection()
            .AddRedisMessaging(Nowhere, b => b.AddStream<string>("plain"))
            .AddRedisMessaging("orders", Nowhere, b => b.AddStream<string>("orders"))
            .AddRedisMessaging("billing", Nowhere, b => b.AddQueue<string>("invoices"))
            .AddSingleton<NeedsOrders>()
            .BuildServiceProvider();

        var (plain, orders, billing) = (provider.GetRequiredService<IMessageBus>(), Bus(provider, "orders"), Bus(provider, "billing"));

        new[] { plain, orders, billing }.Should().OnlyHaveUniqueItems();
        provider.GetRequiredService<NeedsOrders>().Bus.Should().BeSameAs(orders);
        provider.GetRequiredKeyedService<RedisMessageBus>("orders").Should().BeSameAs(orders);
        provider.GetRequiredService<RedisMessageBus>().Should().BeSameAs(plain);
        (plain.Topic("plain").Name, orders.Topic("orders").Name, billing.Topic("invoices").Name).Should().Be(("plain", "orders", "invoices"));
        var foreign = () => billing.Topic("orders");
        foreign.Should().Throw<RedisMessagingConfigurationException>().WithMessage("No topic 'orders'*'invoices'*");
        provider.GetServices<IHostedService>().Should().HaveCount(3);
    }

    [Fact]
    public void A_container_of_named_buses_has_no_bus_without_a_name()
    {
        using var provider = new ServiceCollection().AddRedisMessaging("orders", Nowhere, b => b.AddStream<string>("orders")).BuildServiceProvider();
        provider.GetService<IMessageBus>().Should().BeNull();
    }

    [Fact]
    public async Task Each_bus_has_options_of_its_own()
    {
        var section = Configured.Section(("Connection", "localhost:1"), ("KeyPrefix", "configured:"), ("Topics:a:Transport", "Queue"));
        await using var provider = new ServiceCollection()
            .AddRedisMessaging("orders", section, b =>
            {
                b.KeyPrefix = "code:";
                b.StartTimeout = TimeSpan.FromSeconds(7);
                b.AddStream<string>("a");
            })
            .AddRedisMessaging("billing", Nowhere, b => b.AddStream<string>("a"))
            .Configure<RedisMessagingOptions>("billing", options => options.KeyPrefix = "configured-later:")
            .BuildServiceProvider();

        var options = provider.GetRequiredService<IOptionsMonitor<RedisMessagingOptions>>();

        (options.Get("orders").KeyPrefix, options.Get("orders").StartTimeout).Should().Be(("configured:", TimeSpan.FromSeconds(7)));
        options.Get("billing").KeyPrefix.Should().Be("configured-later:");
        options.CurrentValue.KeyPrefix.Should().BeEmpty();
        Bus(provider, "orders").Topic("a").Capabilities.Lease.Should().NotBeNull();
        Bus(provider, "orders").Topic("a").Capabilities.History.Should().BeFalse("its transport is configured");
        Bus(provider, "billing").Topic("a").Capabilities.History.Should().BeTrue();
    }

    [Fact]
    public async Task The_sections_of_several_buses_may_have_similar_names()
    {
        var root = new ConfigurationBuilder().AddInMemoryCollection([new("OrdersEu:Connection", "localhost:1")]).Build();
        await using var provider = new ServiceCollection()
            .AddSingleton<IConfiguration>(root)
            .AddKeyedSingleton<IConnectionMultiplexer>("us", (_, _) => throw new InvalidOperationException("Not needed."))
            .AddRedisMessaging("eu", root.GetSection("OrdersEu"), Minimal)
            .AddRedisMessaging("us", root.GetSection("OrdersUs"), Minimal)
            .BuildServiceProvider();
        Bus(provider, "eu").Should().NotBeNull();
        Bus(provider, "us").Should().NotBeNull("its empty section is not taken for a misspelt one");
    }

    [Fact]
    public async Task Each_bus_logs_to_a_category_of_its_own()
    {
        using var log = new ListLoggerProvider();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services
            .AddLogging(logging => logging.AddProvider(log))
            .AddRedisMessaging("orders", Nowhere, b => b.StartTimeout = TimeSpan.FromMilliseconds(100));
        using var host = builder.Build();
        var starting = async () => await host.StartAsync();
        await starting.Should().ThrowAsync<RedisMessagingConnectionException>();
        log.Categories.Where(category => category.StartsWith("RedisMessaging", StringComparison.Ordinal))
            .Should().OnlyContain(category => category.StartsWith("RedisMessaging.orders", StringComparison.Ordinal)).And.Contain("RedisMessaging.orders.Configuration");
        log.TextsOf(2008).Should().ContainSingle("it has no topics");
    }

    [Fact]
    public async Task A_bus_can_use_the_keyed_multiplexer_in_the_container()
    {
        var taken = new List<string>();
        await using var provider = new ServiceCollection()
            .AddKeyedSingleton<IConnectionMultiplexer>("orders", (_, key) => Take($"{key}"))
            .AddKeyedSingleton<IConnectionMultiplexer>("ledger", (_, key) => Take($"{key}"))
            .AddRedisMessaging("orders", Configured.Section(), Minimal)
            .AddRedisMessaging("billing", services => services.GetRequiredKeyedService<IConnectionMultiplexer>("ledger"), Minimal)
            .BuildServiceProvider();

        foreach (var name in new[] { "orders", "billing" })
        {
            var publishing = async () => await Bus(provider, name).PublishAsync("x");
            (await publishing.Should().ThrowAsync<Exception>()).Which.ToString().Should().Contain("taken");
        }

        taken.Should().Equal("orders", "ledger");

        IConnectionMultiplexer Take(string key)
        {
            taken.Add(key);
            throw new InvalidOperationException("It is taken.");
        }
    }

    [Fact]
    public void Without_any_connection_the_error_names_the_bus_and_the_key()
    {
        using var provider = new ServiceCollection()
            .AddSingleton<IConnectionMultiplexer>(_ => throw new InvalidOperationException("Another bus's."))
            .AddRedisMessaging("orders", Configured.Section(), Minimal)
            .BuildServiceProvider();
        var getting = () => Bus(provider, "orders");
        getting.Should().Throw<RedisMessagingConfigurationException>().WithMessage("Bus 'orders': *IConnectionMultiplexer*under the key 'orders'*Connection*RedisMessaging:Connection*");
    }

    [Fact]
    public void A_configuration_mistake_names_the_bus()
    {
        using var provider = new ServiceCollection()
            .AddRedisMessaging("orders", Configured.Section(("Connection", "localhost:1"), ("KeyPrefx", "x:")), Minimal)
            .BuildServiceProvider();
        var getting = () => Bus(provider, "orders");
        getting.Should().Throw<RedisMessagingConfigurationException>().WithMessage("Bus 'orders': *RedisMessaging:KeyPrefx*Did you mean 'KeyPrefix'?*");
    }

    [Fact]
    public void A_handler_that_wants_the_bus_without_a_name_is_refused_with_the_attribute()
    {
        using var provider = new ServiceCollection()
            .AddRedisMessaging("orders", Nowhere, b => b.AddStream<string>("a").AddHandler<string, WantsPlainBus>())
            .BuildServiceProvider();
        var getting = () => Bus(provider, "orders");
        getting.Should().Throw<RedisMessagingConfigurationException>().WithMessage("Bus 'orders': *'bus' ('IMessageBus')*?FromKeyedServices(\"name\")? IMessageBus*");
    }

    [Theory]
    [InlineData("")]
    [InlineData("localhost:6379")]
    [InlineData("two words")]
    [InlineData("주문")]
    public void A_name_that_is_not_allowed_is_refused(string name)
    {
        var adding = () => new ServiceCollection().AddRedisMessaging(name, Nowhere, Minimal);
        adding.Should().Throw<RedisMessagingConfigurationException>().WithMessage($"'{name}' is not allowed as the name of a bus*The name comes first*");
        var module = () => new ServiceCollection().AddRedisMessagingTopics(name, Minimal);
        module.Should().Throw<RedisMessagingConfigurationException>().WithMessage($"'{name}' is not allowed*");
    }

    [Fact]
    public void Names_that_differ_only_by_case_are_refused()
    {
        var services = new ServiceCollection().AddRedisMessaging("orders", Nowhere, Minimal);
        var adding = () => services.AddRedisMessaging("Orders", Nowhere, Minimal);
        adding.Should().Throw<RedisMessagingConfigurationException>().WithMessage("*'orders' and 'Orders' differ only by case*");
    }

    private static void Minimal(RedisMessagingBuilder messaging)
    {
        messaging.StartTimeout = TimeSpan.FromMilliseconds(100);
        messaging.AddStream<string>("texts");
    }

    private static IMessageBus Bus(IServiceProvider provider, string name) => provider.GetRequiredKeyedService<IMessageBus>(name);

    private sealed class NeedsOrders([FromKeyedServices("orders")] IMessageBus bus)
    {
        public IMessageBus Bus { get; } = bus;
    }

    private sealed class WantsPlainBus(IMessageBus bus) : IMessageHandler<string>
    {
        public async ValueTask HandleAsync(string message, MessageContext context, CancellationToken cancellationToken) => await bus.PublishAsync(message, cancellationToken);
    }
}
