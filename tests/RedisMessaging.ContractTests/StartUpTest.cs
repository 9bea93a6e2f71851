using System.Diagnostics;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>For tests of how a bus starts on a server of their own, or refuses to.</summary>
public abstract class StartUpTest(ITestOutputHelper output) : IAsyncLifetime
{
    protected const string Topic = "notes";

    private readonly List<IAsyncDisposable> _open = [];

    private protected TestLog Log { get; } = new(output);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var opened in Enumerable.Reverse(_open))
        {
            await Eventually.EndsAsync(opened.DisposeAsync().AsTask(), what: "closing");
        }

        Log.Dispose();
    }

    /// <summary>Has it closed when the test is over.</summary>
    protected void Own(IAsyncDisposable opened) => _open.Add(opened);

    protected async Task<OwnRedisServer> StartServerAsync(params string[] settings)
    {
        var server = await RedisServer.StartPrivateAsync(settings: settings);
        _open.Add(server);
        return server;
    }

    protected async Task<IDatabase> AdminAsync(RedisServer server)
    {
        var connection = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString + ",allowAdmin=true");
        _open.Add(connection);
        return connection.GetDatabase();
    }

    /// <summary>A user <c>worker</c> with the password <c>secret</c> and these rules. Returns the connection string to use it with.</summary>
    protected async Task<string> AddWorkerAsync(RedisServer server, params string[] rules)
    {
        await (await AdminAsync(server)).ExecuteAsync("ACL", ["SETUSER", "worker", "on", ">secret", .. rules]);
        return server.ConnectionString + ",user=worker,password=secret";
    }

    protected async Task<RedisMessageBus> StartAsync(string connection, TransportKind kind, Action<RedisMessagingBuilder>? configure = null)
    {
        var bus = await RedisMessageBus.ConnectAsync(connection, messaging => Configure(messaging, kind, configure), Log);
        _open.Add(bus);
        return bus;
    }

    /// <summary>Makes a server that has clusters enabled one of a single node.</summary>
    protected async Task BecomeClusterAsync(RedisServer server)
    {
        var admin = await AdminAsync(server);
        await admin.ExecuteAsync("CLUSTER", "ADDSLOTSRANGE", 0, 16383);
        await Eventually.TrueAsync(async () => ((string)(await admin.ExecuteAsync("CLUSTER", "INFO"))!).Contains("cluster_state:ok", StringComparison.Ordinal));
    }

    /// <summary>Starting fails with a text that says so, and soon.</summary>
    protected Task IsRefusedAsync(string connection, TransportKind kind, string told, Action<RedisMessagingBuilder>? configure = null) =>
        IsRefusedAsync(async () => await StartAsync(connection, kind, configure), told);

    /// <inheritdoc cref="IsRefusedAsync(string, TransportKind, string, Action{RedisMessagingBuilder}?)"/>
    protected static async Task IsRefusedAsync(Func<Task> starting, string told)
    {
        var watch = Stopwatch.StartNew();
        await starting.Should().ThrowAsync<RedisMessagingConfigurationException>().WithMessage(told);
        // The goal is 5 s, seen on a machine that has time; what this tells from it is a wait for StartTimeout.
        watch.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(30), "a mistake fails the start without waiting for StartTimeout");
    }

    protected static void Configure(RedisMessagingBuilder messaging, TransportKind kind, Action<RedisMessagingBuilder>? configure = null)
    {
        messaging.KeyPrefix = "test:";
        messaging.Application = "contract";
        messaging.StartTimeout = TimeSpan.FromSeconds(40);
        messaging.UseJson(ContractJson.Default);
        messaging.AddTopic<Note>(Topic, kind);
        configure?.Invoke(messaging);
    }

    /// <summary>A message goes through.</summary>
    protected static async Task WorksAsync(RedisMessageBus bus)
    {
        var inbox = new Inbox();
        await using var subscription = await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        var note = new Note(Guid.NewGuid().ToString());
        await bus.PublishAsync(note);
        await inbox.HasAsync(note);
    }
}
