using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace RedisMessaging.ContractTests;

/// <summary>Several buses of one host, on one Redis.</summary>
public sealed class NamedBusTests(ITestOutputHelper output) : ContractTest(new StreamFixture(), "resp3", output)
{
    private const int BusesShareKeys = 2013;

    private readonly Inbox _one = new();
    private readonly Inbox _other = new();

    [Fact]
    public async Task Each_bus_has_its_own_messages()
    {
        await using var host = Build(services => services
            .AddRedisMessaging("one", ConnectionString, messaging => Configure(messaging, more => more.AddHandler<Note>(_one.HandleAsync)))
            .AddRedisMessaging("other", ConnectionString, messaging =>
            {
                Configure(messaging, more => more.AddHandler<Note>(_other.HandleAsync));
                messaging.KeyPrefix = Prefix + "other:";
            }));
        await host.StartAsync();

        await Bus(host, "one").PublishAsync(new Note("to one"));
        await Bus(host, "other").PublishAsync(new Note("to the other"));

        await Task.WhenAll(_one.HasAsync(1), _other.HasAsync(1));
        _one.Notes.Should().Equal(new Note("to one"));
        _other.Notes.Should().Equal(new Note("to the other"));
        SharedKeys().Should().BeEmpty("they have prefixes of their own");
    }

    [Fact]
    public async Task Two_buses_on_the_same_keys_are_warned_of()
    {
        await using var host = Build(services => services
            .AddRedisMessaging(ConnectionString, messaging => Configure(messaging))
            // Another address of the same server.
            .AddRedisMessaging("other", ConnectionString.Replace("127.0.0.1", "localhost", StringComparison.Ordinal), messaging => Configure(messaging, more => more.AddHandler<Note>(_other.HandleAsync))));
        await host.StartAsync();
        SharedKeys().Should().ContainSingle().Which.Should().StartWith("the bus without a name and the bus 'other' use the same keys on the same server").And.Contain($": {Topic}.");
        await host.Services.GetRequiredService<IMessageBus>().PublishAsync(new Note("shared"));
        await _other.HasAsync(1);
    }

    [Fact]
    public async Task Two_buses_with_the_same_group_on_the_same_keys_are_refused()
    {
        await using var host = Build(services => services
            .AddRedisMessaging("one", ConnectionString, messaging => Configure(messaging, more => more.AddHandler<Note>(_one.HandleAsync)))
            .AddRedisMessaging("other", ConnectionString, messaging => Configure(messaging, more => more.AddHandler<Note>(_other.HandleAsync))));
        await ShouldFailAsync(host, $"Topic '{Topic}': the bus 'one' and the bus 'other' use the same keys*in the group 'contract'*KeyPrefix*Group*");
    }

    [Fact]
    public async Task Two_buses_with_handlers_of_one_queue_are_refused()
    {
        await using var host = Build(services =>
        {
            foreach (var (name, inbox) in new[] { ("one", _one), ("other", _other) })
            {
                services.AddRedisMessaging(name, ConnectionString, messaging => Configure(messaging, more => more.AddQueue<Alarm>("alarms").AddHandler<Alarm>((_, _, _) => default, options => options.Group = name)));
            }
        });
        await ShouldFailAsync(host, "Topic 'alarms': the bus 'one' and the bus 'other'*queue*KeyPrefix*");
    }

    [Fact]
    public async Task Two_buses_that_disagree_on_a_topic_of_the_same_keys_are_refused()
    {
        await using var host = Build(services => services
            .AddRedisMessaging("one", ConnectionString, messaging => Configure(messaging, more => more.AddQueue<Alarm>("alarms")))
            .AddRedisMessaging("other", ConnectionString, messaging => Configure(messaging, more => more.AddStream<Alarm>("alarms"))));
        await ShouldFailAsync(host, "Topic 'alarms': *the bus 'one' as a Queue of Alarm, the bus 'other' as a Stream of Alarm.*");
    }

    [Fact]
    public async Task Channels_are_shared_across_databases_and_keys_are_not()
    {
        await using var host = Build(services => services
            .AddRedisMessaging("one", ConnectionString, messaging => Configure(messaging, more => more.AddPubSub<Alarm>("alarms")))
            .AddRedisMessaging("other", $"{ConnectionString},defaultDatabase=1", messaging => Configure(messaging, more => more.AddPubSub<Alarm>("alarms"))));
        await host.StartAsync();
        SharedKeys().Should().ContainSingle().Which.Should().Contain(": alarms.");
    }

    [Fact]
    public async Task Buses_stop_together()
    {
        var running = new CountdownEvent(2);
        var cancelled = new Dictionary<string, TaskCompletionSource> { ["first"] = new(), ["last"] = new() };
        var probe = new StopProbe(cancelled["first"].Task);
        await using var host = Build(services =>
        {
            AddBus(services, "first");
            services.AddSingleton<IHostedService>(probe);
            AddBus(services, "last");
        });
        await host.StartAsync();
        foreach (var name in cancelled.Keys)
        {
            await Bus(host, name).PublishAsync(new Note(name));
        }

        await Eventually.TrueAsync(() => running.IsSet, what: "both handlers run");
        await Eventually.EndsAsync(host.StopAsync(), TimeSpan.FromSeconds(60));
        probe.Saw.Should().BeTrue("the handlers of the first bus are asked to end while the last one stops");

        void AddBus(IServiceCollection services, string name) => services.AddRedisMessaging(name, ConnectionString, messaging =>
        {
            Configure(messaging, more => more.AddHandler<Note>(async (_, _, token) =>
            {
                running.Signal();
                await Task.Delay(Timeout.Infinite, token).ContinueWith(static _ => { }, TaskScheduler.Default);
                cancelled[name].TrySetResult();
            }));
            messaging.KeyPrefix = $"{Prefix}{name}:";
            messaging.ShutdownTimeout = TimeSpan.FromSeconds(2);
        });
    }

    private static IMessageBus Bus(StartedHost host, string name) => host.Services.GetRequiredKeyedService<IMessageBus>(name);

    private static async Task ShouldFailAsync(StartedHost host, string text)
    {
        var starting = host.StartAsync;
        (await starting.Should().ThrowAsync<RedisMessagingConfigurationException>()).WithMessage(text);
    }

    private IEnumerable<string> SharedKeys() => Log.Lines.Where(line => line.Id == BusesShareKeys).Select(line => line.Text);

    private StartedHost Build(Action<IServiceCollection> add)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<ILoggerFactory>(Log);
        add(builder.Services);
        return new StartedHost(builder.Build());
    }

    /// <summary>Is stopped between the buses, and waits for what the bus that was added before it does meanwhile.</summary>
    private sealed class StopProbe(Task cancelled) : IHostedService
    {
        public bool? Saw { get; private set; }

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public async Task StopAsync(CancellationToken cancellationToken) =>
            Saw = await Task.WhenAny(cancelled, Task.Delay(TimeSpan.FromSeconds(10), CancellationToken.None)) == cancelled;
    }
}
