using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>Schedules on servers of their own: clusters, denied commands, full memory, and what stands in Redis.</summary>
public sealed class SchedulingTests(ITestOutputHelper output) : StartUpTest(output)
{
    private const string Tagged = $"test:{{{Topic}}}:";
    private const int BellDenied = 3016;
    private const int BellFailed = 3017;

    public static TheoryData<TransportKind> Durable => [TransportKind.Queue, TransportKind.Stream];

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Topics_in_several_slots_of_a_cluster_are_woken(TransportKind kind)
    {
        var server = await StartServerAsync("--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1");
        await BecomeClusterAsync(server);
        const string other = "other-notes";
        var inbox = new Inbox();
        var consumer = await StartAsync(server.ConnectionString, kind, messaging => messaging.AddTopic<Note>(other, kind));
        await consumer.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        await consumer.SubscribeAsync<Note>(other, inbox.HandleAsync);

        await ScheduleAsync(server.ConnectionString, kind, Topic, new Note("here", 1));
        await ScheduleAsync(server.ConnectionString, kind, other, new Note("there", 2));

        await inbox.HasAsync(2);
        Log.Lines.Should().NotContain(line => line.Id == BellFailed);
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Without_the_right_to_wait_for_the_bell_it_looks_by_itself_and_says_so_once(TransportKind kind)
    {
        var server = await StartServerAsync();
        var connection = await AddWorkerAsync(server, "+@all", "-xread", "~*", "&*");
        var inbox = new Inbox();
        var consumer = await StartAsync(connection, kind);
        await consumer.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        await Eventually.TrueAsync(() => Log.Lines.Any(line => line.Id == BellDenied));

        await ScheduleAsync(server.ConnectionString, kind, Topic, new Note("somewhat late"));

        await inbox.HasAsync(1);
        Log.Lines.Should().ContainSingle(line => line.Id == BellDenied);
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Who_may_only_publish_may_schedule_too(TransportKind kind)
    {
        var server = await StartServerAsync();
        var connection = await AddWorkerAsync(server, "+@all", "-zrangebyscore", "~*", "&*");
        var inbox = new Inbox();
        await (await StartAsync(server.ConnectionString, kind)).SubscribeAsync<Note>(Topic, inbox.HandleAsync);

        await (await StartAsync(connection, kind)).PublishAsync(new Note("left to the consumer"), new PublishOptions { Delay = TimeSpan.FromMilliseconds(200) });

        await inbox.HasAsync(1);
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task All_topics_of_a_process_wait_on_one_connection(TransportKind kind)
    {
        var server = await StartServerAsync();
        string[] topics = [.. Enumerable.Range(0, 10).Select(number => $"topic-{number}")];
        var bus = await StartAsync(server.ConnectionString, kind, messaging => Array.ForEach(topics, topic => messaging.AddTopic<Note>(topic, kind)));
        var inbox = new Inbox();
        foreach (var topic in topics)
        {
            await bus.SubscribeAsync<Note>(topic, inbox.HandleAsync);
        }

        for (var i = 0; i < topics.Length; i++)
        {
            await ScheduleAsync(server.ConnectionString, kind, topics[i], new Note("note", i), topics);
        }

        await inbox.HasAsync(topics.Length);
        inbox.Numbers.Should().BeEquivalentTo(Enumerable.Range(0, topics.Length));
        var admin = await AdminAsync(server);
        await Eventually.TrueAsync(async () => ((string)(await admin.ExecuteAsync("CLIENT", "LIST"))!).Split('\n').Count(client => client.Contains("/bells/", StringComparison.Ordinal)) == 1);
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task A_full_server_gives_out_what_is_due_and_keeps_what_failed(TransportKind kind)
    {
        var server = await StartServerAsync("--maxmemory-policy", "noeviction");
        var admin = await AdminAsync(server);
        var bus = await StartAsync(server.ConnectionString, kind);
        var inbox = new Inbox();
        await bus.PublishAsync(new Note("scheduled"), new PublishOptions { Delay = TimeSpan.FromSeconds(1) });
        await admin.ExecuteAsync("CONFIG", "SET", "maxmemory", "1mb");
        await bus.SubscribeAsync<Note>(Topic, (note, context, token) => context.Attempt < 3 ? throw new RetryAfterException(TimeSpan.FromMilliseconds(100)) : inbox.HandleAsync(note, context, token));

        await inbox.HasAsync(1);

        await FluentActions.Awaiting(async () => await bus.PublishAsync(new Note("one more"), new PublishOptions { Delay = TimeSpan.FromSeconds(1) })).Should().ThrowAsync<PublishRefusedException>();
    }

    [Fact]
    public async Task At_most_once_keeps_what_waits_for_another_attempt()
    {
        var server = await StartServerAsync();
        var inbox = new Inbox();
        var first = await RedisMessageBus.ConnectAsync(server.ConnectionString, AtMostOnce, Log);
        await first.SubscribeAsync<Note>(Topic, async (note, context, token) =>
        {
            await inbox.HandleAsync(note, context, token);
            throw new RetryAfterException(TimeSpan.FromSeconds(1));
        });
        await first.PublishAsync(new Note("again"));
        await inbox.HasAsync(1);
        await Eventually.EndsAsync(first.DisposeAsync().AsTask());

        await using var second = await RedisMessageBus.ConnectAsync(server.ConnectionString, AtMostOnce, Log);
        await second.SubscribeAsync<Note>(Topic, inbox.HandleAsync);

        await inbox.HasAsync(2);
        inbox.Contexts[1].Attempt.Should().Be(2);

        static void AtMostOnce(RedisMessagingBuilder messaging)
        {
            messaging.KeyPrefix = "test:";
            messaging.UseJson(ContractJson.Default);
            messaging.AddQueue<Note>(Topic, queue => queue.Delivery = QueueDelivery.AtMostOnce);
        }
    }

    [Fact]
    public async Task A_broadcast_group_takes_its_waiting_retries_with_it()
    {
        var server = await StartServerAsync();
        var admin = await AdminAsync(server);
        var bus = await StartAsync(server.ConnectionString, TransportKind.Stream);
        var subscription = await bus.SubscribeAsync<Note>(Topic, (_, _, _) => throw new RetryAfterException(TimeSpan.FromHours(1)), new SubscribeOptions { Broadcast = true });
        await bus.PublishAsync(new Note("waits"));
        await Eventually.TrueAsync(async () => (await KeysAsync(admin)).Any(key => key.StartsWith("retries:", StringComparison.Ordinal)));

        await subscription.DisposeAsync();

        (await KeysAsync(admin)).Should().BeEquivalentTo("stream", "stream:layout", "stream:signal");
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Nothing_is_left_of_what_was_handled_later(TransportKind kind)
    {
        var server = await StartServerAsync();
        var admin = await AdminAsync(server);
        var bus = await StartAsync(server.ConnectionString, kind);
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, (note, context, token) => context.Attempt == 1 ? throw new RetryAfterException(TimeSpan.FromMilliseconds(100)) : inbox.HandleAsync(note, context, token));

        await bus.PublishAsync(new Note("once more"), new PublishOptions { Delay = TimeSpan.FromMilliseconds(100) });
        await inbox.HasAsync(1);
        await bus.DisposeAsync();

        string[] left = kind == TransportKind.Queue ? ["queue:layout", "queue:signal"] : ["stream", "stream:layout", "stream:signal", "retry:contract", "settled-up-to:contract", "groups:seen", "groups:handlers"];
        // That an idle consumer is to be rung for is forgotten with the next ring, or after a minute.
        (await KeysAsync(admin)).Except(["queue:waiting-consumers", "queue:wake"]).Should().BeEquivalentTo(left);
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task A_schedule_s_key_that_holds_something_else_is_told(TransportKind kind)
    {
        var server = await StartServerAsync();
        var key = $"{Tagged}{(kind == TransportKind.Queue ? "queue" : "stream")}:scheduled";
        await (await AdminAsync(server)).StringSetAsync(key, "not ours");

        await IsRefusedAsync(server.ConnectionString, kind, $"*'{Topic}'*'{key}' holds a string*zset*KeyPrefix*");
    }

    private static async Task<List<string>> KeysAsync(IDatabase admin)
    {
        var keys = new List<string>();
        await foreach (var key in admin.Multiplexer.GetServers()[0].KeysAsync(pattern: Tagged + "*"))
        {
            keys.Add(((string)key!)[Tagged.Length..]);
        }

        return keys;
    }

    /// <summary>From another process, which is gone before the message is due.</summary>
    private async Task ScheduleAsync(string connection, TransportKind kind, string topic, Note note, params string[] topics)
    {
        await using var bus = await RedisMessageBus.ConnectAsync(
            connection,
            messaging => Configure(messaging, kind, more => Array.ForEach([.. topics.Append(topic).Distinct().Where(name => name != Topic)], name => more.AddTopic<Note>(name, kind))),
            Log);
        await bus.PublishToAsync(topic, note, new PublishOptions { Delay = TimeSpan.FromMilliseconds(500) });
    }
}
