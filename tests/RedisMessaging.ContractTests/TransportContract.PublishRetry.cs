using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>Publishing goes on by itself where that can neither lose nor double anything, and otherwise says what it knows.</summary>
public abstract partial class TransportContract<TFixture>
{
    private const int PublishRetried = 4001;

    /// <summary>What PUBLISH answers with two listeners, and LPUSH to the second message, and nothing that StackExchange.Redis asks by itself.</summary>
    private static ReadOnlySpan<byte> Two => ":2\r\n"u8;

    private int Retries => Log.Lines.Count(line => line.Id == PublishRetried);

    [ContractFact(Requires = nameof(TransportCapabilities.Deduplication))]
    public async Task A_publish_whose_reply_is_lost_is_tried_again_where_its_id_is_given()
    {
        await using var server = await StartServerAsync();
        await using var link = FaultProxy.Start(server.ConnectionString);
        var bus = await ConnectAsync(link);
        await bus.PublishAsync(new Note("the script is loaded"), new PublishOptions { MessageId = "first" });
        // Sent past the proxy: somebody else's message is a duplicate after a lost reply, too.
        // Two of them, since one in two thousand is taken for the publisher's own.
        string[] others = ["another's", "a third's"];
        var another = await ConnectAsync();
        foreach (var id in others)
        {
            await another.PublishAsync(new Note(id), new PublishOptions { MessageId = id });
        }

        var cut = link.CutReplies(1, "*4\r\n"u8);
        var results = await bus.PublishManyAsync(Topic, new[] { "one", others[0], others[1], "two" }.Select(id => new OutgoingMessage<Note>(new Note(id), new PublishOptions { MessageId = id })));

        cut.IsOver.Should().BeTrue();
        Retries.Should().BeGreaterThanOrEqualTo(1);
        (results[0].Duplicate, results[1].Duplicate || results[2].Duplicate, results[3].Duplicate).Should().Be((false, true, false));
        (await StoredAsync()).Should().Be(5);
    }

    [ContractFact]
    public async Task A_publish_whose_reply_is_lost_is_of_unknown_outcome_without_an_id()
    {
        await using var server = await StartServerAsync();
        await using var link = FaultProxy.Start(server.ConnectionString);
        // What a server that knows repeats makes of it StreamRepeatTests show.
        var bus = await ConnectAsync(link, repeats: false);
        await using var one = await ListenAsync();
        await using var two = await ListenAsync();
        await bus.PublishAsync(new Note("first"));

        var cut = link.CutReplies(1, Fixture.Kind == TransportKind.Stream ? "$15\r\n"u8 : Two);
        var publishing = async () => await bus.PublishAsync(new Note("second"));

        (await publishing.Should().ThrowAsync<PublishOutcomeUnknownException>()).Which.MessageId.Should().NotBeEmpty();
        cut.IsOver.Should().BeTrue();
        Retries.Should().Be(0);
    }

    [ContractFact(Without = nameof(TransportCapabilities.Deduplication))]
    public async Task Where_no_ids_are_remembered_an_id_makes_no_outcome_known()
    {
        await using var server = await StartServerAsync();
        await using var link = FaultProxy.Start(server.ConnectionString);
        var bus = await ConnectAsync(link);
        await using var one = await ListenAsync();
        await using var two = await ListenAsync();
        await bus.PublishAsync(new Note("first"));

        link.CutReplies(1, Two);
        var publishing = async () => await bus.PublishAsync(new Note("second"), new PublishOptions { MessageId = "price-2" });

        await publishing.Should().ThrowAsync<PublishOutcomeUnknownException>();
        Retries.Should().Be(0);
    }

    [ContractFact]
    public async Task A_publish_that_never_left_is_tried_again_until_the_server_is_back()
    {
        await using var server = await StartServerAsync();
        var bus = await ConnectAsync(messaging => messaging.PublishTimeout = TimeSpan.FromMinutes(1));
        await bus.PublishAsync(new Note("before"));
        await server.KillAsync();
        // Noticed by the client, so that what follows is never sent.
        await Eventually.TrueAsync(async () => await IsRefusedAtOnceAsync(bus), what: "the connection is seen to be gone");

        var publishing = bus.PublishManyAsync(Notes(3)).AsTask();
        await Eventually.TrueAsync(() => Retries >= 1);
        publishing.IsCompleted.Should().BeFalse();
        await server.RestartAsync();

        (await Eventually.EndsAsync(publishing)).Should().HaveCount(3);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task A_publish_to_a_server_that_is_a_replica_for_a_moment_waits()
    {
        await using var server = await StartServerAsync();
        var bus = await ConnectAsync(messaging => messaging.PublishTimeout = TimeSpan.FromMinutes(1));
        await bus.PublishAsync(new Note("before"));
        await TellAsync("REPLICAOF", "127.0.0.1", "1");

        var publishing = bus.PublishAsync(new Note("meanwhile")).AsTask();
        await Eventually.TrueAsync(() => Retries >= 1);
        publishing.IsCompleted.Should().BeFalse();
        await TellAsync("REPLICAOF", "NO", "ONE");

        await Eventually.EndsAsync(publishing);
        (await StoredAsync()).Should().Be(2);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task A_publish_gives_up_when_its_time_is_over()
    {
        await using var server = await StartServerAsync();
        var bus = await ConnectAsync(messaging => messaging.PublishTimeout = TimeSpan.FromMilliseconds(500));
        await TellAsync("CONFIG", "SET", "min-replicas-to-write", "1");

        var publishing = async () => await bus.PublishAsync(new Note("no replica"));

        (await publishing.Should().ThrowAsync<PublishRefusedException>().WithMessage("*NOREPLICAS*")).Which.IsTransient.Should().BeTrue();
        Retries.Should().BeGreaterThan(0);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task With_no_time_a_publish_is_tried_once()
    {
        await using var server = await StartServerAsync();
        var bus = await ConnectAsync(messaging => messaging.PublishTimeout = TimeSpan.Zero);
        await TellAsync("CONFIG", "SET", "min-replicas-to-write", "1");

        var publishing = async () => await bus.PublishAsync(new Note("no replica"), new PublishOptions { MessageId = "id" });

        await publishing.Should().ThrowAsync<PublishRefusedException>().WithMessage("*NOREPLICAS*");
        Retries.Should().Be(0);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Deduplication))]
    public async Task An_outcome_that_stays_unknown_is_told_when_the_time_is_over()
    {
        await using var server = await StartServerAsync();
        await using var link = FaultProxy.Start(server.ConnectionString);
        var bus = await ConnectAsync(link, TimeSpan.FromSeconds(1));
        await bus.PublishAsync(new Note("first"), new PublishOptions { MessageId = "first" });

        link.CutReplies(1, "*1\r\n"u8);
        link.RefusesConnections = true;
        var publishing = async () => await bus.PublishAsync(new Note("second"), new PublishOptions { MessageId = "second" });

        await publishing.Should().ThrowAsync<PublishOutcomeUnknownException>();
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task A_token_ends_the_wait_for_another_attempt()
    {
        await using var server = await StartServerAsync();
        using var cancellation = new CancellationTokenSource();
        var bus = await ConnectAsync(messaging => messaging.PublishTimeout = TimeSpan.FromMinutes(10));
        await TellAsync("CONFIG", "SET", "min-replicas-to-write", "1");

        var publishing = bus.PublishAsync(new Note("no replica"), cancellation.Token).AsTask();
        await Eventually.TrueAsync(() => Retries >= 1);
        await cancellation.CancelAsync();

        await FluentActions.Awaiting(() => Eventually.EndsAsync(publishing)).Should().ThrowAsync<PublishRefusedException>().WithMessage("*NOREPLICAS*");
        (await StoredAsync()).Should().Be(0);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task A_full_redis_refuses_at_once_and_says_that_it_may_be_tried_later()
    {
        await using var server = await StartServerAsync();
        var bus = await ConnectAsync();
        await TellAsync("CONFIG", "SET", "maxmemory", "1");

        foreach (var options in new[] { new PublishOptions(), new PublishOptions { MessageId = "with an id" } })
        {
            var publishing = async () => await bus.PublishAsync(new Note("no room"), options);
            (await publishing.Should().ThrowAsync<PublishRefusedException>().WithMessage($"*'{Topic}'*full*again later*OOM*")).Which.IsTransient.Should().BeTrue();
        }

        Retries.Should().Be(0);
        await TellAsync("CONFIG", "SET", "maxmemory", "0");
        (await bus.PublishAsync(new Note("room"), new PublishOptions { MessageId = "with an id" })).Duplicate.Should().BeFalse("what was refused left no id");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task What_has_to_be_put_right_first_is_told_at_once()
    {
        var bus = await ConnectAsync();
        await (await DatabaseAsync()).StringSetAsync(Key(Fixture.Kind == TransportKind.Queue ? "queue" : "stream"), "somebody else's");

        foreach (var options in new[] { new PublishOptions(), new PublishOptions { MessageId = "with an id" } })
        {
            var publishing = async () => await bus.PublishAsync(new Note("nowhere to go"), options);
            (await publishing.Should().ThrowAsync<PublishRefusedException>().WithMessage("*WRONGTYPE*")).Which.IsTransient.Should().BeFalse();
        }

        Retries.Should().Be(0);
    }

    /// <summary>A bus whose connection goes through a proxy.</summary>
    private Task<RedisMessageBus> ConnectAsync(FaultProxy link, TimeSpan? publishTimeout = null, bool? repeats = null) => ConnectAsync(
        messaging =>
        {
            messaging.PublishTimeout = publishTimeout ?? TimeSpan.FromMinutes(1);
            messaging.Options.RepeatsPublishes = repeats;
        },
        connection: ConnectionString.Replace(Server.ConnectionString, link.ConnectionString, StringComparison.Ordinal));

    private async Task<OwnRedisServer> StartServerAsync()
    {
        var server = await RedisServer.StartPrivateAsync();
        Server = server;
        return server;
    }

    private static async Task<bool> IsRefusedAtOnceAsync(RedisMessageBus bus)
    {
        using var atOnce = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        try
        {
            await bus.PublishAsync(new Note("lost"), atOnce.Token);
            return false;
        }
        catch (PublishRefusedException)
        {
            return true;
        }
        catch (Exception other) when (other is PublishOutcomeUnknownException or OperationCanceledException)
        {
            return false;
        }
    }

    private async Task<ConnectionMultiplexer> ListenAsync()
    {
        var connection = await ConnectionMultiplexer.ConnectAsync(Server.ConnectionString);
        await connection.GetSubscriber().SubscribeAsync(RedisChannel.Literal(Prefix + Topic), (_, _) => { });
        return connection;
    }
}
