using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>Starting with a connection that names Sentinels; what becomes of a failover is the fault matrix' rows 21 and 22.</summary>
public sealed class SentinelTests(ITestOutputHelper output) : IAsyncLifetime
{
    private SentinelDeployment? _deployment;

    private string Connection => _deployment!.ConnectionString;

    public async Task InitializeAsync() => _deployment = await SentinelDeployment.StartAsync();

    public async Task DisposeAsync() => await _deployment!.DisposeAsync();

    [Theory]
    [InlineData(TransportKind.PubSub)]
    [InlineData(TransportKind.Queue)]
    [InlineData(TransportKind.Stream)]
    public async Task Messages_go_over_the_primary(TransportKind kind)
    {
        var inbox = new Inbox();
        await using var bus = await StartAsync(Connection, kind, inbox);

        await bus.PublishAsync(new Note("a"));

        await inbox.HasAsync(1);
    }

    [Fact]
    public async Task A_service_that_the_Sentinels_do_not_know_is_told_at_once()
    {
        var starting = () => StartAsync(Connection.Replace("mymaster", "another"), TransportKind.Queue, new Inbox());

        (await starting.Should().ThrowAsync<RedisMessagingConfigurationException>()).WithMessage("*'another'*serviceName*");
    }

    [Fact]
    public async Task Sentinels_that_are_away_are_named_when_starting_gives_up()
    {
        await _deployment!.Sentinel.KillAsync();

        var starting = () => StartAsync(Connection, TransportKind.Queue, new Inbox(), messaging => messaging.StartTimeout = TimeSpan.FromSeconds(2));

        await starting.Should().ThrowAsync<RedisMessagingConnectionException>();
    }

    [Fact]
    public async Task A_bus_that_started_without_its_Sentinels_finds_the_primary_later()
    {
        await _deployment!.Sentinel.KillAsync();
        var inbox = new Inbox();
        await using var bus = await StartAsync(Connection, TransportKind.Stream, inbox, messaging => messaging.StartWithoutRedis = true);

        await _deployment.Sentinel.RestartAsync();

        await PublishedAsync(bus, new Note("a"));
        await inbox.HasAsync(1);
    }

    [Fact]
    public async Task Sentinels_may_be_away_while_the_primary_is_not()
    {
        var inbox = new Inbox();
        await using var bus = await StartAsync(Connection, TransportKind.Queue, inbox);
        await bus.PublishAsync(new Note("a"));
        await inbox.HasAsync(1);

        await _deployment!.Sentinel.KillAsync();
        await RedisReply.ToAsync(_deployment.Primary.ConnectionString, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");

        await PublishedAsync(bus, new Note("b"));
        await inbox.HasAsync(2);
    }

    [Fact]
    public async Task A_connection_of_the_user_that_Sentinels_led_to_will_do()
    {
        await using var existing = await ConnectionMultiplexer.ConnectAsync(Connection);
        var inbox = new Inbox();
        var builder = Host.CreateApplicationBuilder();
        builder.Services.AddSingleton<IConnectionMultiplexer>(existing).AddRedisMessaging(messaging => Configure(messaging, TransportKind.Queue, inbox));
        using var host = builder.Build();
        await host.StartAsync();

        await host.Services.GetRequiredService<IMessageBus>().PublishAsync(new Note("a"));

        await inbox.HasAsync(1);
        // Long before the block of an idle consumer would end by itself.
        await Eventually.EndsAsync(host.StopAsync(), TimeSpan.FromSeconds(5));
    }

    private async Task<RedisMessageBus> StartAsync(string connection, TransportKind kind, Inbox inbox, Action<RedisMessagingBuilder>? configure = null) => await RedisMessageBus.ConnectAsync(
        connection,
        messaging =>
        {
            Configure(messaging, kind, inbox);
            configure?.Invoke(messaging);
        },
        new TestLog(output));

    private static void Configure(RedisMessagingBuilder messaging, TransportKind kind, Inbox inbox)
    {
        messaging.UseJson(ContractJson.Default);
        messaging.AddTopic<Note>("notes", kind);
        messaging.AddHandler<Note>(inbox.HandleAsync);
    }

    private static Task PublishedAsync(RedisMessageBus bus, Note note) => Eventually.TrueAsync(async () =>
    {
        try
        {
            await bus.PublishAsync(note);
            return true;
        }
        catch (RedisMessagingException)
        {
            return false;
        }
    });
}
