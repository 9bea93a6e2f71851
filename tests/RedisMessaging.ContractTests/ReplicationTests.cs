using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>Publishing that waits for replicas, on a primary and a replica of its own.</summary>
public sealed class ReplicationTests : IAsyncLifetime
{
    private OwnRedisServer? _primary;
    private OwnRedisServer? _replica;
    private ConnectionMultiplexer? _connection;

    public static TheoryData<TransportKind> Durable => [TransportKind.Queue, TransportKind.Stream];

    private OwnRedisServer Replica => _replica!;

    private IServer Primary => _connection!.GetServers().Single();

    public async Task InitializeAsync()
    {
        _primary = await RedisServer.StartPrivateAsync(settings: ["--repl-diskless-sync-delay", "0"]);
        _replica = await RedisServer.StartPrivateAsync();
        _connection = await ConnectionMultiplexer.ConnectAsync(_primary.ConnectionString + ",allowAdmin=true");
        await using var replica = await ConnectionMultiplexer.ConnectAsync(_replica.ConnectionString + ",allowAdmin=true");
        await replica.GetServers().Single().ReplicaOfAsync(Primary.EndPoint);
        await Eventually.TrueAsync(async () => (await Primary.InfoRawAsync("replication"))!.Contains("state=online", StringComparison.Ordinal));
    }

    public async Task DisposeAsync()
    {
        await _connection!.DisposeAsync();
        await _replica!.DisposeAsync();
        await _primary!.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task What_a_replica_has_is_published(TransportKind kind)
    {
        await using var bus = await ConnectAsync(kind, TimeSpan.FromSeconds(20));

        await bus.PublishAsync(new Note("one"));
        await bus.PublishAsync(new Note("with an id"), new PublishOptions { MessageId = "id" });
        await bus.PublishManyAsync(Enumerable.Range(0, 10).Select(number => new Note("many", number)));

        (await WaitsAsync()).Should().Be(3);
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Callers_share_a_wait(TransportKind kind)
    {
        await using var bus = await ConnectAsync(kind, TimeSpan.FromSeconds(20));

        await Task.WhenAll(Enumerable.Range(0, 500).Select(number => bus.PublishAsync(new Note("all at once", number)).AsTask()));

        (await WaitsAsync()).Should().BeInRange(1, 250);
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task What_no_replica_has_is_of_unknown_outcome(TransportKind kind)
    {
        await using var bus = await ConnectAsync(kind, TimeSpan.FromSeconds(1));
        await Eventually.TrueAsync(async () => await SucceedsAsync(bus));
        var stored = await StoredAsync(kind);
        await Replica.PauseAsync();

        var publishing = async () => await bus.PublishAsync(new Note("lost in a failover"));

        (await publishing.Should().ThrowAsync<PublishOutcomeUnknownException>()).WithMessage("*only 0 of 1 replicas confirmed it within 1 s*");
        (await StoredAsync(kind)).Should().Be(stored + 1, "the primary has it");
        await Replica.ResumeAsync();
        await Eventually.TrueAsync(async () => await SucceedsAsync(bus));
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task What_has_an_id_is_tried_again_until_a_replica_has_it(TransportKind kind)
    {
        await using var bus = await ConnectAsync(kind, TimeSpan.FromSeconds(1));
        await bus.PublishAsync(new Note("before"));
        await Replica.PauseAsync();

        var publishing = bus.PublishAsync(new Note("patient"), new PublishOptions { MessageId = "id" }).AsTask();
        await Eventually.TrueAsync(async () => await WaitsAsync() >= 3, what: "it is tried again");
        publishing.IsCompleted.Should().BeFalse();
        await Replica.ResumeAsync();

        (await Eventually.EndsAsync(publishing)).Duplicate.Should().BeFalse("it was its own first attempt that stored it");
        (await StoredAsync(kind)).Should().Be(2);
    }

    private static async Task<bool> SucceedsAsync(RedisMessageBus bus)
    {
        try
        {
            await bus.PublishAsync(new Note("after"));
            return true;
        }
        catch (PublishOutcomeUnknownException)
        {
            return false;
        }
    }

    private Task<long> StoredAsync(TransportKind kind) => kind == TransportKind.Queue
        ? _connection!.GetDatabase().ListLengthAsync("{notes}:queue")
        : _connection!.GetDatabase().StreamLengthAsync("{notes}:stream");

    private async Task<long> WaitsAsync()
    {
        var statistics = (await Primary.InfoRawAsync("commandstats"))!;
        var line = statistics.Split('\n').Single(line => line.StartsWith("cmdstat_wait:", StringComparison.Ordinal));
        return long.Parse(line["cmdstat_wait:calls=".Length..line.IndexOf(',', StringComparison.Ordinal)], System.Globalization.CultureInfo.InvariantCulture);
    }

    private async Task<RedisMessageBus> ConnectAsync(TransportKind kind, TimeSpan timeout) => await RedisMessageBus.ConnectAsync(_primary!.ConnectionString, messaging =>
    {
        messaging.UseReflectionJson();
        if (kind == TransportKind.Queue)
        {
            messaging.AddQueue<Note>("notes", Wait);
        }
        else
        {
            messaging.AddStream<Note>("notes", Wait);
        }

        void Wait(TopicOptions topic)
        {
            topic.WaitForReplicas = 1;
            topic.ReplicationTimeout = timeout;
        }
    });
}
