using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>Consumers with nothing to do share connections, and miss nothing by it; one that is busy has its own.</summary>
public sealed class IdleTests(ITestOutputHelper output) : ContractTest(new QueueFixture(), "resp3", output)
{
    private const int NotRung = 11008;
    private const int BellDenied = 11006;

    public static TheoryData<TransportKind> Durable => [TransportKind.Queue, TransportKind.Stream];

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task A_hundred_idle_subscriptions_share_a_few_connections_and_each_is_live(TransportKind kind)
    {
        const int Subscriptions = 100;
        var application = $"idle-{Guid.NewGuid():N}";
        var bus = await ConnectAsync(messaging => AddTopics(messaging, kind, Subscriptions, application));
        var publisher = await ConnectAsync(messaging => AddTopics(messaging, kind, Subscriptions));
        var inboxes = Enumerable.Range(0, Subscriptions).Select(_ => new Inbox()).ToArray();
        await Task.WhenAll(inboxes.Select((inbox, i) => bus.SubscribeAsync<Note>($"t{i}", inbox.HandleAsync).AsTask()));

        (await ListClientsAsync(application)).Count.Should().BeLessThan(10);
        await Task.WhenAll(inboxes.Select((_, i) => publisher.PublishToAsync($"t{i}", new Note("first", i)).AsTask()));

        for (var i = 0; i < Subscriptions; i++)
        {
            await inboxes[i].HasAsync(new Note("first", i));
        }

        (await ListClientsAsync(application)).Count.Should().BeLessThan(10, "a message is no traffic");
        Log.Lines.Should().NotContain(line => line.Id == NotRung);
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task What_comes_for_an_idle_consumer_comes_at_once(TransportKind kind)
    {
        var bus = await ConnectAsync(messaging => messaging.AddTopic<Note>("idle", kind));
        var publisher = await ConnectAsync(messaging => messaging.AddTopic<Note>("idle", kind));
        var waiting = new TaskCompletionSource();
        await bus.SubscribeAsync<Note>("idle", (_, _, _) =>
        {
            waiting.TrySetResult();
            return ValueTask.CompletedTask;
        });

        var soon = 0;
        for (var number = 0; number < 9; number++)
        {
            // Far enough apart that it stays idle.
            await Task.Delay(400);
            waiting = new TaskCompletionSource();
            await publisher.PublishToAsync("idle", new Note("now", number));
            var published = TimeProvider.System.GetTimestamp();
            await Eventually.EndsAsync(waiting.Task);
            soon += TimeProvider.System.GetElapsedTime(published) < TimeSpan.FromMilliseconds(250) ? 1 : 0;
        }

        soon.Should().BeGreaterThan(4, "by itself it looks every two seconds at most");
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task What_comes_again_is_rung_for_as_well(TransportKind kind)
    {
        var bus = await ConnectAsync(messaging => messaging.AddTopic<Note>("idle", kind));
        var inbox = new Inbox();
        async ValueTask HandleAsync(Note note, MessageContext context, CancellationToken cancellationToken)
        {
            await inbox.HandleAsync(note, context, cancellationToken);
            if (note.Text == "retried" && context.Attempt == 1)
            {
                throw new RetryAfterException(TimeSpan.FromMilliseconds(300));
            }

            if (note.Text == "dead" && inbox.Notes.Count(other => other == note) == 1)
            {
                throw new DeadLetterException("first");
            }
        }

        await bus.SubscribeAsync<Note>("idle", HandleAsync, new SubscribeOptions { Group = "group" });
        var publisher = await ConnectAsync(messaging => messaging.AddTopic<Note>("idle", kind));

        await publisher.PublishToAsync("idle", new Note("retried"));
        await inbox.HasAsync(2);
        await publisher.PublishToAsync("idle", new Note("scheduled"), new PublishOptions { Delay = TimeSpan.FromMilliseconds(300) });
        await inbox.HasAsync(3);
        await publisher.PublishToAsync("idle", new Note("dead"));
        await Eventually.TrueAsync(async () => await bus.Topic("idle").DeadLetters.CountAsync() == 1);
        await Task.Delay(300);
        await publisher.Topic("idle").DeadLetters.RedriveAllAsync();
        await inbox.HasAsync(5);

        Log.Lines.Should().NotContain(line => line.Id == NotRung);
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task What_another_consumer_gives_back_wakes_an_idle_one(TransportKind kind)
    {
        var first = await ConnectAsync(messaging => messaging.AddTopic<Note>("idle", kind));
        var second = await ConnectAsync(messaging => messaging.AddTopic<Note>("idle", kind));
        await first.PublishToAsync("idle", new Note("held"));
        await first.PublishToAsync("idle", new Note("given back"));
        var (taken, done) = (new TaskCompletionSource(), new TaskCompletionSource());
        var subscription = await first.SubscribeAsync<Note>(
            "idle",
            async (_, _, _) =>
            {
                taken.TrySetResult();
                await done.Task;
            },
            new SubscribeOptions { Group = "group" });
        await Eventually.EndsAsync(taken.Task);
        var inbox = new Inbox();
        await second.SubscribeAsync<Note>("idle", inbox.HandleAsync, new SubscribeOptions { Group = "group" });
        await Task.Delay(300);

        await subscription.PauseAsync();

        await inbox.HasAsync(new Note("given back"));
        inbox.Count.Should().Be(1);
        done.SetResult();
        Log.Lines.Should().NotContain(line => line.Id == NotRung);
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task A_busy_consumer_has_a_connection_of_its_own_and_gives_it_up_when_it_is_idle(TransportKind kind)
    {
        var application = $"idle-{Guid.NewGuid():N}";
        var bus = await ConnectAsync(messaging =>
        {
            messaging.Application = application;
            messaging.AddTopic<Note>("busy", kind);
        });
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>("busy", inbox.HandleAsync);
        var published = 0;

        await Eventually.TrueAsync(async () =>
        {
            await bus.PublishToAsync("busy", new Note("busy", published++));
            return await HasOwnConnectionAsync(application);
        });

        await Eventually.TrueAsync(async () => !await HasOwnConnectionAsync(application), TimeSpan.FromSeconds(40));
        await bus.PublishToAsync("busy", new Note("after", published++));
        await inbox.HasAsync(published);
        inbox.Numbers.Should().Equal(Enumerable.Range(0, published), "moving from one connection to another changes no order");
    }

    [Fact]
    public async Task What_is_pushed_without_a_ring_is_found_and_its_consumer_waits_on_the_list_from_then_on()
    {
        var application = $"idle-{Guid.NewGuid():N}";
        var bus = await ConnectAsync(messaging => messaging.Application = application);
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        await Eventually.TrueAsync(async () => await (await DatabaseAsync()).KeyExistsAsync(Key("queue:waiting-consumers")), what: "the consumer is idle");
        async Task PushAsync(string id) => await (await DatabaseAsync()).ListLeftPushAsync(Key("queue"), $$"""{"rm":1,"id":"{{id}}","type":"note"}""" + "\n" + """{"text":"foreign"}""");

        // It looks once more behind its note that it is idle: what comes in between is found by that, and nobody had to ring for it.
        var pushed = 0;
        while (pushed < 20 && Log.Lines.All(line => line.Id != NotRung))
        {
            await PushAsync($"{++pushed}");
            await inbox.HasAsync(pushed);
        }

        Log.Lines.Should().Contain(line => line.Id == NotRung);
        await Eventually.TrueAsync(() => HasOwnConnectionAsync(application), what: "it waits on the list");
        await PushAsync("last");
        await inbox.HasAsync(pushed + 1);
    }

    [Fact]
    public async Task Where_a_publisher_may_not_ring_its_messages_are_found_all_the_same_and_it_says_so()
    {
        await using var server = await RedisServer.StartPrivateAsync();
        Server = server;
        await TellAsync("ACL", "SETUSER", "shop", "on", ">secret", "~*", "&*", "+@all", "-del", "-unlink");
        var bus = await ConnectAsync();
        var publisher = await ConnectAsync(connection: ConnectionString + ",user=shop,password=secret");
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        await Eventually.TrueAsync(async () => await (await DatabaseAsync()).KeyExistsAsync(Key("queue:waiting-consumers")), what: "the consumer is idle");

        await publisher.PublishAsync(new Note("not rung for"));

        await inbox.HasAsync(new Note("not rung for"));
        Log.Lines.Should().ContainSingle(line => line.Id == BellDenied);
    }

    [Theory]
    [InlineData(TransportKind.Queue, "-client")]
    [InlineData(TransportKind.Stream, "-client")]
    [InlineData(TransportKind.Queue, "-xread")]
    [InlineData(TransportKind.Stream, "-xread")]
    public async Task Who_can_not_wait_for_a_bell_waits_on_a_connection_of_its_own(TransportKind kind, string denied)
    {
        await using var server = await RedisServer.StartPrivateAsync();
        Server = server;
        await TellAsync("ACL", "SETUSER", "worker", "on", ">secret", "~*", "&*", "+@all", denied);
        var bus = await ConnectAsync(messaging => messaging.AddTopic<Note>("idle", kind), connection: ConnectionString + ",user=worker,password=secret");
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>("idle", inbox.HandleAsync);

        var blocked = kind == TransportKind.Queue ? "cmd=blmove" : "cmd=xreadgroup";
        // The server is this test's own. StackExchange.Redis 3 names no connection without the right to CLIENT.
        await Eventually.TrueAsync(async () => (await ListClientsAsync(null)).Any(client => client.Contains(blocked, StringComparison.Ordinal) && client.Contains("flags=b", StringComparison.Ordinal)));
        await bus.PublishToAsync("idle", new Note("heard"));
        await inbox.HasAsync(1);
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task An_idle_consumer_lives_through_a_restart_of_the_server(TransportKind kind)
    {
        await using var server = await RedisServer.StartPrivateAsync(appendOnly: true);
        Server = server;
        var bus = await ConnectAsync(messaging => messaging.AddTopic<Note>("idle", kind));
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>("idle", inbox.HandleAsync);
        await bus.PublishToAsync("idle", new Note("before"));
        await inbox.HasAsync(1);

        await server.RestartAsync();

        await Eventually.TrueAsync(async () =>
        {
            try
            {
                await bus.PublishToAsync("idle", new Note("after"));
                return true;
            }
            catch (PublishException)
            {
                return false;
            }
        });
        await inbox.HasAsync(new Note("after"));
    }

    [Fact]
    public async Task A_key_that_is_no_stream_any_more_keeps_nobody_else_from_being_rung_for()
    {
        var bus = await ConnectAsync(messaging =>
        {
            messaging.AddTopic<Note>("broken", TransportKind.Stream);
            messaging.AddTopic<Note>("idle", TransportKind.Stream);
        });
        await bus.SubscribeAsync<Note>("broken", new Inbox().HandleAsync);
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>("idle", inbox.HandleAsync);
        var database = await DatabaseAsync();
        await database.KeyDeleteAsync($"{Prefix}{{broken}}:stream");
        await database.StringSetAsync($"{Prefix}{{broken}}:stream", "mine");

        for (var number = 0; number < 5; number++)
        {
            await Task.Delay(300);
            await bus.PublishToAsync("idle", new Note("rung for", number));
            await inbox.HasAsync(number + 1);
        }

        Log.Lines.Count(line => line.Id == 3017).Should().BeLessThan(10, "it is left out, not met again and again");
    }

    private static void AddTopics(RedisMessagingBuilder messaging, TransportKind kind, int count, string? application = null)
    {
        messaging.Application = application ?? messaging.Application;
        for (var i = 0; i < count; i++)
        {
            messaging.AddTopic<Note>($"t{i}", kind);
        }
    }

    private async Task<bool> HasOwnConnectionAsync(string application) =>
        (await ListClientsAsync(application)).Any(client => client.Contains("/busy/", StringComparison.Ordinal) || client.Contains($"/{Topic}/", StringComparison.Ordinal));
}
