using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace RedisMessaging.ContractTests;

/// <summary>What the configuration says of handlers reaches the consumers that run.</summary>
public sealed class HandlerConfigurationTests(ITestOutputHelper output) : ContractTest(new StreamFixture(), "resp3", output)
{
    private const int ReloadUsed = 2014;
    private const int ReloadOfConsumerNeedsRestart = 2015;
    private const int ReloadNeedsRestart = 2016;
    private const int ReloadRefused = 2017;
    private const int ReloadOfBusNeedsRestart = 2018;

    [Fact]
    public async Task A_group_that_is_paused_handles_nothing_until_a_start_without_it()
    {
        var (active, other) = (new Inbox(), new Inbox());
        using (var host = await StartAsync(active, other.HandleAsync, ("other:Paused", "true")))
        {
            await host.Services.GetRequiredService<IMessageBus>().PublishAsync(new Note("one"));
            await active.HasAsync(1);
            var groups = await host.Services.GetRequiredService<IMessageBus>().Topic(Topic).AsStream().Groups.ListAsync();
            groups.Single(group => group.Name == "other").Pending.Should().Be(0);
            other.Count.Should().Be(0);
            await host.StopAsync();
        }

        using var resumed = await StartAsync(active, other.HandleAsync);
        await other.HasAsync(1);
        await resumed.StopAsync();
    }

    [Fact]
    public async Task As_many_handlers_run_as_are_configured()
    {
        var running = 0;
        var proceed = new TaskCompletionSource();
        var active = new Inbox();
        using var host = await StartAsync(
            active,
            async (_, _, _) =>
            {
                Interlocked.Increment(ref running);
                await proceed.Task;
            },
            ("other:Concurrency", "3"));

        await host.Services.GetRequiredService<IMessageBus>().PublishManyAsync(Notes(10));

        await Eventually.TrueAsync(() => Volatile.Read(ref running) == 3, what: "three run");
        await active.HasAsync(10);
        Volatile.Read(ref running).Should().Be(3);
        proceed.SetResult();
        await Eventually.TrueAsync(() => Volatile.Read(ref running) == 10, what: "all have run");
        await host.StopAsync();
    }

    [Fact]
    public async Task What_a_running_consumer_cannot_follow_is_logged_once_and_changes_nothing()
    {
        var (active, other) = (new Inbox(), new Inbox());
        using var host = await StartAsync(active, other.HandleAsync, ("other:Concurrency", "2"));
        Change(host, ("Handlers:other:KeyOrder", "Strict"), ("Handlers:other:Concurrency", "3"), ("Retention", "1000"));

        TextsOf(ReloadOfConsumerNeedsRestart).Should().ContainSingle().Which.Should().Contain("other").And.Contain("KeyOrder default -> Strict");
        TextsOf(ReloadUsed).Should().ContainSingle().Which.Should().Contain("Concurrency 2 -> 3");
        TextsOf(ReloadNeedsRestart).Should().ContainSingle().Which.Should().Contain($"Messaging:Topics:{Topic}:Retention");

        Change(host, ("Handlers:other:Concurrency", "3"));
        Log.Lines.Count(line => line.Id is ReloadOfConsumerNeedsRestart or ReloadUsed or ReloadNeedsRestart).Should().Be(3, "nothing has changed");
        await host.StopAsync();
    }

    [Theory]
    [InlineData("Handlers:other:Concurrency", "many", "'many'")]
    [InlineData("Handlers:other:Prefetch", "0", "Prefetch is 0")]
    [InlineData("Handlers:other:Concurency", "4", "Did you mean 'Concurrency'")]
    [InlineData("Handlers:othr:Concurrency", "4", "Did you mean 'other'")]
    public async Task What_cannot_be_read_is_logged_and_the_consumer_keeps_its_settings(string setting, string value, string reason)
    {
        var (active, other) = (new Inbox(), new Inbox());
        using var host = await StartAsync(active, other.HandleAsync);
        Change(host, (setting, value), ("Handlers:active:Concurrency", "5"));

        TextsOf(ReloadRefused).Should().ContainSingle().Which.Should().Contain(reason);
        TextsOf(ReloadUsed).Should().ContainSingle("the other group has nothing to do with it").Which.Should().Contain("Concurrency default -> 5");
        await host.Services.GetRequiredService<IMessageBus>().PublishManyAsync(Notes(10));
        await other.HasAsync(10);
        await host.StopAsync();
    }

    [Fact]
    public async Task A_message_has_as_many_attempts_as_the_configuration_says_by_now()
    {
        var (active, attempts) = (new Inbox(), 0);
        using var host = await StartAsync(
            active,
            (_, context, _) =>
            {
                Volatile.Write(ref attempts, context.Attempt);
                throw new InvalidOperationException("It fails.");
            },
            ("other:Retry:MaxAttempts", "1000"),
            ("other:Retry:Delay", "00:00:00.01"),
            ("other:Retry:Backoff", "Fixed"));
        var bus = host.Services.GetRequiredService<IMessageBus>();
        await bus.PublishAsync(new Note("fails"));
        await Eventually.TrueAsync(() => Volatile.Read(ref attempts) > 1, what: "it is tried again");

        Change(host, ("Handlers:other:Retry:MaxAttempts", "2"));

        await Eventually.TrueAsync(async () => await bus.Topic(Topic).DeadLetters.CountAsync() == 1, what: "it is dead-lettered");
        await host.StopAsync();
    }

    [Theory]
    [InlineData("Messaging:KeyPrefix", "elsewhere:")]
    [InlineData("Messaging:StartTimeout", "00:00:07")]
    [InlineData("Messaging:Connection", "127.0.0.1:1,password=hidden")]
    [InlineData("ConnectionStrings:redis", "127.0.0.1:1,password=hidden")]
    public async Task What_a_running_bus_cannot_follow_is_logged_once_and_changes_nothing(string path, string value)
    {
        var (active, other) = (new Inbox(), new Inbox());
        using var host = await StartAsync(active, other.HandleAsync);
        Set(host, (path, value));
        Set(host, (path, value));

        TextsOf(ReloadOfBusNeedsRestart).Should().ContainSingle().Which.Should().EndWith(": " + path).And.NotContain("hidden");
        await host.Services.GetRequiredService<IMessageBus>().PublishAsync(new Note("one"));
        await other.HasAsync(1);
        await host.StopAsync();
    }

    [Theory]
    [InlineData("Messaging:KeyPrefx", "a:", "Did you mean 'KeyPrefix'")]
    [InlineData("Messaging:StartTimeout", "soon", "'soon'")]
    [InlineData("Messaging:MaxMessageBytes", "1", "MaxMessageBytes is 1")]
    public async Task What_would_fail_the_next_start_of_the_bus_is_logged_as_an_error(string path, string value, string reason)
    {
        var (active, other) = (new Inbox(), new Inbox());
        using var host = await StartAsync(active, other.HandleAsync);
        Set(host, (path, value), ($"Messaging:Topics:{Topic}:Handlers:active:Concurrency", "5"));

        TextsOf(ReloadRefused).Should().ContainSingle().Which.Should().Contain(reason);
        TextsOf(ReloadUsed).Should().ContainSingle("the group has nothing to do with it").Which.Should().Contain("Concurrency default -> 5");
        await host.StopAsync();
    }

    private IEnumerable<string> TextsOf(int id) => Log.Lines.Where(line => line.Id == id).Select(line => line.Text);

    private static void Change(IHost host, params (string Setting, string Value)[] settings) =>
        Set(host, [.. settings.Select(setting => ($"Messaging:Topics:{Topic}:{setting.Setting}", setting.Value))]);

    private static void Set(IHost host, params (string Path, string Value)[] values)
    {
        var configuration = (IConfigurationRoot)host.Services.GetRequiredService<IConfiguration>();
        foreach (var (path, value) in values)
        {
            configuration[path] = value;
        }

        configuration.Reload();
    }

    /// <summary>A host with a handler in the group active, and one in the group other.</summary>
    private async Task<IHost> StartAsync(Inbox active, MessageHandler<Note> other, params (string Key, string Value)[] handlers)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection(handlers.Select(pair => new KeyValuePair<string, string?>($"Messaging:Topics:{Topic}:Handlers:{pair.Key}", pair.Value)));
        builder.Configuration.AddInMemoryCollection([new("Messaging:Connection", "redis"), new("ConnectionStrings:redis", ConnectionString)]);
        builder.Services.AddSingleton<ILoggerFactory>(Log);
        builder.Services.AddRedisMessaging(builder.Configuration.GetSection("Messaging"), messaging => Configure(messaging, more => more
            .AddHandler<Note>(active.HandleAsync, options => options.Group = "active")
            .AddHandler(other, options => options.Group = "other")));
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }
}
