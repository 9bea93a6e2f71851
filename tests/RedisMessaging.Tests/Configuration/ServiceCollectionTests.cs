using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RedisMessaging.Tests.Support;

namespace RedisMessaging.Tests.Configuration;

public sealed class ServiceCollectionTests
{
    [Fact]
    public void A_mistake_in_the_callback_is_told_by_the_call()
    {
        var adding = () => new ServiceCollection().AddRedisMessaging("localhost", b => b.AddStream<string>("a b"));
        adding.Should().Throw<RedisMessagingConfigurationException>().WithMessage("*'a b'*");
        var prefix = () => new ServiceCollection().AddRedisMessaging("localhost", b => b.KeyPrefix = "{");
        prefix.Should().Throw<RedisMessagingConfigurationException>().WithMessage("*KeyPrefix*");
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public void An_empty_connection_string_is_told(string connection)
    {
        var adding = () => new ServiceCollection().AddRedisMessaging(connection, _ => { });
        adding.Should().Throw<RedisMessagingConfigurationException>().WithMessage("*connection string is empty*localhost:6379*");
    }

    [Fact]
    public void A_connection_string_that_can_t_be_read_is_told_without_its_password()
    {
        var adding = () => new ServiceCollection().AddRedisMessaging("localhost,nonsense=1,password=secret", _ => { });
        adding.Should().Throw<RedisMessagingConfigurationException>().WithMessage("*can't be read*nonsense*").Which.ToString().Should().NotContain("secret");
    }

    [Fact]
    public void Without_any_connection_the_three_ways_are_told()
    {
        using var provider = new ServiceCollection().AddRedisMessaging(b => b.AddStream<string>("a")).BuildServiceProvider();
        var getting = () => provider.GetRequiredService<IMessageBus>();
        getting.Should().Throw<RedisMessagingConfigurationException>().WithMessage("*IConnectionMultiplexer*connection string*Connection*");

        using var configured = new ServiceCollection().AddRedisMessaging(Configured.Section(), b => b.AddStream<string>("a")).BuildServiceProvider();
        getting = () => configured.GetRequiredService<IMessageBus>();
        getting.Should().Throw<RedisMessagingConfigurationException>().WithMessage("*IConnectionMultiplexer*");
    }

    [Fact]
    public async Task Configuration_overrides_the_bus_s_own_settings()
    {
        var section = Configured.Section(("Connection", "localhost:1"), ("KeyPrefix", "cfg:"), ("StartTimeout", "00:00:03"), ("OnTransportChange", "Drain"), ("Application", "from-config"));
        await using var provider = new ServiceCollection()
            .AddRedisMessaging(section, b =>
            {
                b.KeyPrefix = "code:";
                b.ShutdownTimeout = TimeSpan.FromSeconds(7);
                b.AddStream<string>("a");
            })
            .BuildServiceProvider();
        provider.GetRequiredService<IMessageBus>().Should().BeSameAs(provider.GetRequiredService<RedisMessageBus>());
        provider.GetRequiredService<IMessagePublisher>().Should().BeSameAs(provider.GetRequiredService<RedisMessageBus>());
        var options = provider.GetRequiredService<Microsoft.Extensions.Options.IOptions<RedisMessagingOptions>>().Value;
        (options.KeyPrefix, options.ShutdownTimeout, options.StartTimeout, options.OnTransportChange, options.Application)
            .Should().Be(("cfg:", TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(3), OnTransportChange.Drain, "from-config"));
    }

    [Theory]
    [InlineData("StartTimeout", "soon")]
    [InlineData("OnTransportChange", "Explode")]
    [InlineData("PublishBufferCapacity", "many")]
    public void A_setting_of_the_bus_that_can_t_be_read_is_a_configuration_mistake(string key, string value)
    {
        using var provider = new ServiceCollection().AddRedisMessaging(Configured.Section(("Connection", "localhost:1"), (key, value)), b => b.AddStream<string>("a")).BuildServiceProvider();
        var getting = () => provider.GetRequiredService<IMessageBus>();
        getting.Should().Throw<RedisMessagingConfigurationException>().WithMessage($"*RedisMessaging:{key}*");
    }

    [Fact]
    public void A_setting_of_the_bus_that_is_out_of_bounds_in_configuration_is_told()
    {
        using var provider = new ServiceCollection().AddRedisMessaging(Configured.Section(("Connection", "localhost:1"), ("KeyPrefix", "{a}")), b => b.AddStream<string>("a")).BuildServiceProvider();
        var getting = () => provider.GetRequiredService<IMessageBus>();
        getting.Should().Throw<RedisMessagingConfigurationException>().WithMessage("*KeyPrefix is '{a}'*");
    }

    [Fact]
    public async Task Ignored_options_of_a_former_transport_are_logged_once()
    {
        using var log = new ListLoggerProvider();
        await using var provider = new ServiceCollection()
            .AddLogging(logging => logging.AddProvider(log))
            .AddRedisMessaging(Configured.Section(("Connection", "localhost:1"), ("Topics:a:Transport", "Queue")), b => b.AddStream<string>("a", s => s.DeleteOnAck = true).AddStream<int>("b"))
            .BuildServiceProvider();
        provider.GetRequiredService<IMessageBus>();
        await Eventually.TrueAsync(() => log.TextsOf(2000).Any());
        log.TextsOf(2000).Should().ContainSingle().Which.Should().Be("Topic a: configuration changed its transport from Stream to Queue, where these options set in code have no effect: DeleteOnAck");
    }

    [Fact]
    public async Task A_configuration_mistake_fails_the_start_at_once_whether_Redis_is_there_or_not()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddRedisMessaging("localhost:1", b => b.AddQueue<string>("a").AddHandler<string>((_, _, _) => ValueTask.CompletedTask, h => h.Broadcast = true));
        using var host = builder.Build();
        var started = TimeProvider.System.GetTimestamp();
        var starting = async () => await host.StartAsync();
        (await starting.Should().ThrowAsync<RedisMessagingConfigurationException>()).WithMessage("Topic 'a'*Broadcast*");
        TimeProvider.System.GetElapsedTime(started).Should().BeLessThan(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Redis_that_stays_away_fails_the_start_after_StartTimeout_and_says_so()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddRedisMessaging("127.0.0.1:1,connectTimeout=100", b =>
        {
            b.StartTimeout = TimeSpan.FromMilliseconds(300);
            b.AddStream<string>("a");
        });
        using var host = builder.Build();
        var starting = async () => await host.StartAsync();
        (await starting.Should().ThrowAsync<RedisMessagingConnectionException>()).WithMessage("*could not be reached*StartTimeout*StartWithoutRedis*");
    }

    [Fact]
    public async Task Calls_that_can_t_be_meant_are_refused_before_Redis_is_asked()
    {
        await using var provider = new ServiceCollection().AddRedisMessaging("127.0.0.1:1", b => b.AddQueue<string>("a").AddPubSub<int>("numbers:*")).BuildServiceProvider();
        var bus = provider.GetRequiredService<IMessageBus>();
        await Refused<ArgumentNullException>(() => bus.PublishAsync<string>(null!).AsTask());
        await Refused<ArgumentNullException>(() => bus.PublishAsync("a", (PublishOptions)null!).AsTask());
        await Refused<ArgumentNullException>(() => bus.PublishManyAsync((IEnumerable<string>)null!).AsTask());
        (await Refused<RedisMessagingConfigurationException>(() => bus.PublishAsync(1.5).AsTask())).Message.Should().Contain("'double'");
        (await Refused<RedisMessagingConfigurationException>(() => bus.PublishToAsync("b", "x").AsTask())).Message.Should().Contain("'b'").And.Contain("'a'");
        (await Refused<RedisMessagingConfigurationException>(() => bus.PublishToAsync("numbers:*", 1).AsTask())).Message.Should().Contain("pattern");
        (await Refused<ArgumentException>(() => bus.PublishManyAsync("a", ["x", "y"], new PublishOptions { MessageId = "same" }).AsTask())).Message.Should().Contain("same");
        (await Refused<RedisMessagingConfigurationException>(() => Task.FromResult(bus.TryPublish("x")))).Message.Should().Contain("'a'").And.Contain("Queue").And.Contain("PublishAsync");
        (await Refused<RedisMessagingConfigurationException>(() => Task.FromResult(bus.TryPublishTo("a", "x")))).Message.Should().Contain("'a'").And.Contain("Queue");
        (await Refused<RedisMessagingConfigurationException>(() => Task.FromResult(bus.TryPublishTo("numbers:*", 1)))).Message.Should().Contain("pattern");
        (await Refused<ArgumentNullException>(() => Task.FromResult(bus.TryPublishTo<string>("a", null!)))).Should().NotBeNull();
        (await Refused<RedisMessagingConfigurationException>(() => Task.FromResult(bus.ReadAsync<string>("a", new SubscribeOptions { Broadcast = true })))).Message.Should().Contain("Broadcast");
        (await Refused<OperationCanceledException>(() => bus.PublishAsync("x", new CancellationToken(canceled: true)).AsTask())).Should().NotBeNull();

        static async Task<TException> Refused<TException>(Func<Task> call)
            where TException : Exception => (await call.Should().ThrowAsync<TException>()).Which;
    }
}
