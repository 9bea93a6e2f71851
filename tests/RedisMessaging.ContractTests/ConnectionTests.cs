using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>The ways to hand over a connection, and what becomes of connections in trouble.</summary>
public sealed class ConnectionTests(ITestOutputHelper output) : ContractTest(new QueueFixture(), "resp2", output)
{
    public enum Way
    {
        ConnectionString,
        Options,
        Factory,
        Container,
    }

    public static TheoryData<TransportKind> Durable => [TransportKind.Queue, TransportKind.Stream];

    [Theory]
    [InlineData(Way.ConnectionString)]
    [InlineData(Way.Options)]
    [InlineData(Way.Factory)]
    [InlineData(Way.Container)]
    public async Task Every_way_to_hand_over_a_connection_works(Way way)
    {
        await using var existing = await ConnectionMultiplexer.ConnectAsync(ConnectionString);
        var inbox = new Inbox();
        var builder = Host.CreateApplicationBuilder();
        void Set(RedisMessagingBuilder messaging) => Configure(messaging, more => more.AddHandler<Note>(inbox.HandleAsync));
        _ = way switch
        {
            Way.ConnectionString => builder.Services.AddRedisMessaging(ConnectionString, Set),
            Way.Options => builder.Services.AddRedisMessaging(ConfigurationOptions.Parse(ConnectionString), Set),
            Way.Factory => builder.Services.AddRedisMessaging(async (_, _) => await ConnectionMultiplexer.ConnectAsync(ConnectionString), Set),
            _ => builder.Services.AddSingleton<IConnectionMultiplexer>(existing).AddRedisMessaging(Set),
        };

        using (var host = builder.Build())
        {
            await host.StartAsync();
            await host.Services.GetRequiredService<IMessageBus>().PublishAsync(new Note("connected"));
            await inbox.HasAsync(1);
            await host.StopAsync();
        }

        // An instance that the user made is the user's; the container does not dispose it either.
        existing.IsConnected.Should().BeTrue();
        await existing.GetDatabase().PingAsync();
    }

    [Fact]
    public async Task A_connection_string_that_can_not_be_read_is_told_without_repeating_it()
    {
        var connecting = async () => await RedisMessageBus.ConnectAsync("localhost,password=secret,nonsense=1", _ => { });

        (await connecting.Should().ThrowAsync<RedisMessagingConfigurationException>()).Which.Message.Should().NotContain("secret");
    }

    [Fact]
    public async Task Without_Redis_starting_fails_after_StartTimeout_and_says_so()
    {
        var connecting = async () => await RedisMessageBus.ConnectAsync("127.0.0.1:1,connectTimeout=200", messaging => messaging.StartTimeout = TimeSpan.FromMilliseconds(500));

        await connecting.Should().ThrowAsync<RedisMessagingConnectionException>().WithMessage("*StartTimeout*StartWithoutRedis*");
    }

    [Fact]
    public async Task A_wrong_password_is_told_at_once()
    {
        await using var server = await RedisServer.StartPrivateAsync(settings: ["--requirepass", "right"]);
        var connecting = async () => await RedisMessageBus.ConnectAsync($"{server.ConnectionString},password=wrong", messaging => messaging.StartTimeout = TimeSpan.FromMinutes(5));

        await Eventually.EndsAsync(connecting.Should().ThrowAsync<RedisMessagingConfigurationException>().WithMessage("*password*"), TimeSpan.FromSeconds(15));
    }

    [Fact]
    public async Task Started_without_Redis_it_connects_later()
    {
        await using var server = await RedisServer.StartPrivateAsync();
        await server.KillAsync();
        var inbox = new Inbox();
        var builder = Host.CreateApplicationBuilder();
        builder.Services.AddRedisMessaging($"{server.ConnectionString},connectTimeout=500", messaging => Configure(messaging, more =>
        {
            more.StartWithoutRedis = true;
            more.AddHandler<Note>(inbox.HandleAsync);
        }));
        using var host = builder.Build();
        await Eventually.EndsAsync(host.StartAsync());

        await server.RestartAsync();

        var bus = host.Services.GetRequiredService<IMessageBus>();
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                await bus.PublishAsync(new Note("later"));
                return true;
            }
            catch (RedisMessagingException)
            {
                return false;
            }
        });
        await inbox.HasAsync(1);
        await host.StopAsync();
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task A_blocked_subscription_stops_without_waiting_for_its_block(TransportKind kind)
    {
        var application = UniqueApplication();
        var bus = await ConnectAsync(messaging =>
        {
            messaging.Application = application;
            messaging.AddTopic<Note>("idle", kind);
        });
        var subscription = await bus.SubscribeAsync<Note>("idle", new Inbox().HandleAsync);
        await Eventually.TrueAsync(async () => (await ListClientsAsync(application)).Any(client => client.Contains(" flags=b ", StringComparison.Ordinal)), what: "the subscription blocks");

        // BLOCK is two seconds at first.
        await Eventually.EndsAsync(subscription.DisposeAsync().AsTask(), TimeSpan.FromSeconds(1.5));
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task A_frozen_server_costs_nothing_but_time(TransportKind kind)
    {
        await using var server = await RedisServer.StartPrivateAsync();
        Server = server;
        var inbox = new Inbox();
        var publisher = await ConnectAsync(messaging => messaging.AddTopic<Note>("frozen", kind));
        var bus = await ConnectAsync(messaging => messaging.AddTopic<Note>("frozen", kind));
        await bus.SubscribeAsync<Note>("frozen", inbox.HandleAsync);
        await publisher.PublishToAsync("frozen", new Note("before", 0));
        await inbox.HasAsync(1);

        // Longer than BLOCK and the watchdog's grace: the blocking connection is replaced.
        await server.PauseAsync();
        await Task.Delay(TimeSpan.FromSeconds(6));
        await server.ResumeAsync();
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                await publisher.PublishToAsync("frozen", new Note("after", 1));
                return true;
            }
            catch (RedisMessagingException)
            {
                return false;
            }
        });

        await inbox.HasAsync(new Note("after", 1));
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Cut_connections_come_back(TransportKind kind)
    {
        var inbox = new Inbox();
        await using var server = await RedisServer.StartPrivateAsync();
        Server = server;
        await using var admin = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString + ",allowAdmin=true");
        var bus = await ConnectAsync(messaging => messaging.AddTopic<Note>("cut", kind));
        await bus.SubscribeAsync<Note>("cut", inbox.HandleAsync);

        var accepted = 0;
        for (var number = 0; number < 200; number++)
        {
            if (number % 50 == 25)
            {
                await admin.GetDatabase().ExecuteAsync("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
            }

            try
            {
                await bus.PublishToAsync("cut", new Note("cut", number));
                accepted++;
            }
            catch (RedisMessagingException)
            {
                // Refused, or its outcome is not known.
            }
        }

        await Eventually.TrueAsync(() => inbox.Numbers.Distinct().Count() >= accepted, what: $"all {accepted} accepted messages arrive");
        accepted.Should().BeGreaterThan(150);
    }

    /// <summary>One to read on, one to be woken on, one that renews leases: each is a multiplexer, which would have two if it could subscribe.</summary>
    [Fact]
    public async Task Idle_subscriptions_have_three_sockets_between_them()
    {
        var application = UniqueApplication();
        var bus = await ConnectAsync(messaging => messaging.Application = application);
        var before = (await ListClientsAsync(application)).Count;
        await using var first = await bus.SubscribeAsync<Note>(Topic, new Inbox().HandleAsync);
        await using var second = await bus.SubscribeAsync<Note>(Topic, new Inbox().HandleAsync);

        await Eventually.TrueAsync(async () => (await ListClientsAsync(application)).Count == before + 3);
    }

    private static string UniqueApplication() => $"connections-{Guid.NewGuid():N}";
}
