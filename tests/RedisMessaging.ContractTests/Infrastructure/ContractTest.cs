using System.Collections.Concurrent;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>What every test of the contract has: a Redis, a key prefix of its own, buses over one transport and protocol, closed at the end.</summary>
public abstract class ContractTest(TransportFixture fixture, string protocol, ITestOutputHelper output) : IAsyncLifetime
{
    /// <summary>The topic that every bus of a test has, with <see cref="Note"/> on it.</summary>
    protected const string Topic = "notes";

    private readonly List<RedisMessageBus> _buses = [];
    private RedisServer? _server;
    private ConnectionMultiplexer? _admin;

    protected TransportFixture Fixture => fixture;

    protected string Prefix { get; } = UniquePrefix.Create();

    private protected TestLog Log { get; } = new(output);

    /// <summary>The shared server; a test that kills its server sets one of its own.</summary>
    protected RedisServer Server
    {
        get => _server!;
        set => _server = value;
    }

    protected string ConnectionString => $"{Server.ConnectionString},protocol={protocol}";

    public async Task InitializeAsync() => _server = await RedisServer.SharedAsync();

    public async Task DisposeAsync()
    {
        foreach (var bus in _buses)
        {
            await Eventually.EndsAsync(bus.DisposeAsync().AsTask(), what: "closing a bus");
        }

        if (_admin is not null)
        {
            await _admin.DisposeAsync();
        }

        Log.Dispose();
        if (!Server.IsTemporary)
        {
            await DeleteKeysAsync();
        }
    }

    /// <summary>Publishes numbers while the server is killed and started again.</summary>
    /// <param name="least">How many have to be accepted before, and again afterwards.</param>
    /// <param name="publish">Publishes a number.</param>
    /// <param name="publishers">How many publish at the same time.</param>
    /// <param name="killed">Called while the server is down.</param>
    /// <returns>The numbers that were accepted.</returns>
    protected static async Task<IReadOnlyCollection<int>> PublishThroughRestartAsync(OwnRedisServer server, int least, Func<int, Task> publish, int publishers = 1, Action? killed = null)
    {
        var accepted = new ConcurrentQueue<int>();
        using var enough = new CancellationTokenSource();
        async Task PublishAsync(int first)
        {
            for (var number = first; !enough.IsCancellationRequested; number += publishers)
            {
                try
                {
                    await publish(number);
                    accepted.Enqueue(number);
                }
                catch (PublishException)
                {
                    // Refused, or nobody knows: no promise was made.
                }
            }
        }

        var publishing = Task.WhenAll(Enumerable.Range(0, publishers).Select(first => Task.Run(() => PublishAsync(first))));
        await Eventually.TrueAsync(() => accepted.Count > least);
        await server.KillAsync();
        killed?.Invoke();
        var before = accepted.Count;
        await server.RestartAsync();
        await Eventually.TrueAsync(() => accepted.Count > before + least, within: TimeSpan.FromSeconds(60));
        await enough.CancelAsync();
        await Eventually.EndsAsync(publishing);
        return accepted;
    }

    protected static async Task<bool> PublishesAsync(RedisMessageBus bus, Note note)
    {
        try
        {
            await bus.PublishAsync(note);
            return true;
        }
        catch (PublishException)
        {
            return false;
        }
    }

    /// <summary>A bus as another process would have it: with connections of its own.</summary>
    /// <param name="configure">Adds to what every bus of the test has: prefix, application, JSON, and the topic with its lease.</param>
    /// <param name="connection">Another way to the server than the straight one.</param>
    protected async Task<RedisMessageBus> ConnectAsync(Action<RedisMessagingBuilder>? configure = null, Action<TopicOptions>? topic = null, TimeSpan? lease = null, string? connection = null)
    {
        var bus = await RedisMessageBus.ConnectAsync(connection ?? ConnectionString, messaging => Configure(messaging, configure, topic, lease), Log);
        _buses.Add(bus);
        return bus;
    }

    protected void Configure(RedisMessagingBuilder messaging, Action<RedisMessagingBuilder>? configure = null, Action<TopicOptions>? topic = null, TimeSpan? lease = null)
    {
        messaging.KeyPrefix = Prefix;
        messaging.Application = "contract";
        messaging.UseJson(ContractJson.Default);
        fixture.AddTopic(messaging, Topic, topic ?? (options => options.Carries<Note>()), lease);
        configure?.Invoke(messaging);
    }

    /// <summary>A subscription that holds one message at a time, so that what it does not handle is there for others.</summary>
    protected static SubscribeOptions OneAtATime(string? group = null) => new() { Group = group, Prefetch = 1 };

    protected static IEnumerable<Note> Notes(int count, int first = 0) => Enumerable.Range(first, count).Select(number => new Note("note", number));

    /// <summary>Redis, as somebody who looks behind the bus.</summary>
    private protected async Task<IDatabase> DatabaseAsync() => (await AdminAsync()).GetDatabase();

    /// <summary>Tells the server something, whatever it is at the moment.</summary>
    private protected async Task TellAsync(string command, params object[] arguments) => await (await AdminAsync()).GetServers().Single().ExecuteAsync(command, arguments);

    /// <summary>The connections of one application, as CLIENT LIST has them: others are on the server, too.</summary>
    private protected async Task<IReadOnlyList<string>> ListClientsAsync(string? application) =>
        [.. ((string)(await (await DatabaseAsync()).ExecuteAsync("CLIENT", "LIST"))!).Split('\n').Where(client => application is null || client.Contains($"name={application}/", StringComparison.Ordinal))];

    /// <summary>A key of the topic, by its name behind the tag.</summary>
    protected string Key(string name) => $"{Prefix}{{{Topic}}}:{name}";

    private async Task<ConnectionMultiplexer> AdminAsync() => _admin ??= await ConnectionMultiplexer.ConnectAsync($"{ConnectionString},allowAdmin=true");

    private async Task DeleteKeysAsync()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(ConnectionString);
        foreach (var server in connection.GetServers().Where(server => !server.IsReplica))
        {
            await foreach (var key in server.KeysAsync(pattern: Prefix + "*"))
            {
                await connection.GetDatabase().KeyDeleteAsync(key);
            }
        }
    }
}
