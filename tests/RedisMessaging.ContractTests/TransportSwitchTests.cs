using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Topics;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>A topic that changed its transport while unhandled messages were left on the old one.</summary>
public sealed class TransportSwitchTests(ITestOutputHelper output) : ContractTest(new QueueFixture(), "resp2", output)
{
    private const string SwitchedTopic = "invoices";
    private const int Backlog = 50;

    public static TheoryData<TransportKind, TransportKind> Switches => new()
    {
        { TransportKind.Stream, TransportKind.Queue },
        { TransportKind.Queue, TransportKind.Stream },
        { TransportKind.Stream, TransportKind.PubSub },
        { TransportKind.Queue, TransportKind.PubSub },
    };

    [Theory]
    [MemberData(nameof(Switches))]
    public async Task By_default_it_does_not_start_and_names_what_is_left(TransportKind from, TransportKind to)
    {
        await LeaveBacklogAsync(from);

        var starting = () => StartAsync(to, OnTransportChange.Fail, new Inbox());

        (await starting.Should().ThrowAsync<RedisMessagingConfigurationException>())
            .WithMessage($"*'{SwitchedTopic}'*{to}*{Backlog}*{from}*OnTransportChange*");
        (await CountUnhandledAsync(from)).Should().Be(Backlog, "nothing was touched");
    }

    [Theory]
    [MemberData(nameof(Switches))]
    public async Task Warn_leaves_them_where_they_are(TransportKind from, TransportKind to)
    {
        await LeaveBacklogAsync(from);
        var inbox = new Inbox();

        var bus = await StartAsync(to, OnTransportChange.Warn, inbox);
        await bus.PublishToAsync(SwitchedTopic, new Note("new", Backlog));

        await inbox.HasAsync(1);
        inbox.Numbers.Should().Equal(Backlog);
        (await CountUnhandledAsync(from)).Should().Be(Backlog);
    }

    [Theory]
    [MemberData(nameof(Switches))]
    public async Task Drain_handles_them_and_deletes_the_old_key(TransportKind from, TransportKind to)
    {
        await LeaveBacklogAsync(from);
        var inbox = new Inbox();

        var bus = await StartAsync(to, OnTransportChange.Drain, inbox);
        await bus.PublishToAsync(SwitchedTopic, new Note("new", Backlog));

        await inbox.HasAsync(Backlog + 1);
        await Eventually.TrueAsync(async () => !await HasKeysOfAsync(from), what: $"the {from}'s keys are deleted");
        inbox.Numbers.Should().BeEquivalentTo(Enumerable.Range(0, Backlog + 1));
        inbox.Numbers.Where(number => number < Backlog).Should().BeInAscendingOrder("the old ones keep their order");
    }

    [Theory]
    [MemberData(nameof(Switches))]
    public async Task Drain_waits_for_what_is_scheduled_and_for_delayed_retries(TransportKind from, TransportKind to)
    {
        var old = await ConnectAsync(messaging => messaging.AddTopic<Note>(SwitchedTopic, from));
        var failed = new Inbox();
        await using (await old.SubscribeAsync<Note>(SwitchedTopic, async (note, context, token) =>
        {
            await failed.HandleAsync(note, context, token);
            throw new RetryAfterException(TimeSpan.FromSeconds(3));
        }))
        {
            await old.PublishToAsync(SwitchedTopic, new Note("retried", 1));
            await failed.HasAsync(1);
        }

        await old.PublishToAsync(SwitchedTopic, new Note("scheduled", 2), new PublishOptions { Delay = TimeSpan.FromSeconds(4) });
        await old.DisposeAsync();
        var inbox = new Inbox();
        var starting = () => StartAsync(to, OnTransportChange.Fail, inbox);
        await starting.Should().ThrowAsync<RedisMessagingConfigurationException>().WithMessage($"*'{SwitchedTopic}'*2 unhandled*{from}*");

        await StartAsync(to, OnTransportChange.Drain, inbox);

        await inbox.HasAsync(2);
        inbox.Numbers.Should().Equal(1, 2);
        inbox.Contexts[0].Attempt.Should().Be(2);
        await Eventually.TrueAsync(async () => await KeysAsync() is { Count: 0 }, what: $"the {from}'s keys are deleted");
    }

    [Fact]
    public async Task Drain_goes_on_while_an_old_publisher_still_uses_the_old_transport()
    {
        await LeaveBacklogAsync(TransportKind.Stream);
        var inbox = new Inbox();
        await StartAsync(TransportKind.Queue, OnTransportChange.Drain, inbox);

        // A publisher of the old configuration goes on for a while.
        var old = await ConnectAsync(messaging => messaging.AddTopic<Note>(SwitchedTopic, TransportKind.Stream));
        for (var number = Backlog; number < 2 * Backlog; number++)
        {
            await old.PublishToAsync(SwitchedTopic, new Note("late", number));
        }

        await Eventually.TrueAsync(() => inbox.Numbers.Distinct().Count() == 2 * Backlog, what: "all are handled");
    }

    [Fact]
    public async Task Drain_needs_a_handler_for_every_group_of_the_old_stream()
    {
        var old = await ConnectAsync(messaging => messaging.AddTopic<Note>(SwitchedTopic, TransportKind.Stream));
        await using (await old.SubscribeAsync<Note>(SwitchedTopic, new Inbox().HandleAsync, new SubscribeOptions { Group = "audit" }))
        {
        }

        await old.PublishManyAsync(SwitchedTopic, Notes(Backlog));

        var starting = () => StartAsync(TransportKind.Queue, OnTransportChange.Drain, new Inbox());

        await starting.Should().ThrowAsync<RedisMessagingConfigurationException>().WithMessage($"*'{SwitchedTopic}'*'audit'*");
    }

    [Fact]
    public async Task Drain_refuses_several_groups_on_an_old_queue()
    {
        await LeaveBacklogAsync(TransportKind.Queue);

        var starting = () => ConnectAsync(messaging =>
        {
            messaging.OnTransportChange = OnTransportChange.Drain;
            messaging.AddTopic<Note>(SwitchedTopic, TransportKind.Stream);
            messaging.AddHandler<Note>(new Inbox().HandleAsync, handler => (handler.Topic, handler.Group) = (SwitchedTopic, "billing"));
            messaging.AddHandler<Note>(new Inbox().HandleAsync, handler => (handler.Topic, handler.Group) = (SwitchedTopic, "audit"));
        });

        await starting.Should().ThrowAsync<RedisMessagingConfigurationException>().WithMessage("*'billing', 'audit'*");
    }

    [Fact]
    public async Task A_stream_that_every_group_has_handled_is_no_obstacle()
    {
        var old = await ConnectAsync(messaging => messaging.AddTopic<Note>(SwitchedTopic, TransportKind.Stream));
        var inbox = new Inbox();
        await using (await old.SubscribeAsync<Note>(SwitchedTopic, inbox.HandleAsync))
        {
            await old.PublishManyAsync(SwitchedTopic, Notes(Backlog));
            await inbox.HasAsync(Backlog);
        }

        var bus = await StartAsync(TransportKind.Queue, OnTransportChange.Fail, inbox);
        await bus.PublishToAsync(SwitchedTopic, new Note("new", Backlog));

        await inbox.HasAsync(Backlog + 1);
    }

    private async Task LeaveBacklogAsync(TransportKind kind)
    {
        var old = await ConnectAsync(messaging => messaging.AddTopic<Note>(SwitchedTopic, kind));
        await old.PublishManyAsync(SwitchedTopic, Notes(Backlog));
    }

    private Task<RedisMessageBus> StartAsync(TransportKind kind, OnTransportChange onChange, Inbox inbox) => ConnectAsync(messaging =>
    {
        messaging.OnTransportChange = onChange;
        messaging.AddTopic<Note>(SwitchedTopic, kind);
        messaging.AddHandler<Note>(inbox.HandleAsync, handler => handler.Topic = SwitchedTopic);
    });

    private async Task<long> CountUnhandledAsync(TransportKind kind)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(ConnectionString);
        var keys = new TopicKeys(Prefix, SwitchedTopic);
        return kind == TransportKind.Stream
            ? await connection.GetDatabase().StreamLengthAsync(keys["stream"])
            : await connection.GetDatabase().ListLengthAsync(keys["queue"]);
    }

    /// <summary>All of the topic's keys, of whatever transport, but for what the new one needs to be consumed from.</summary>
    private async Task<List<string>> KeysAsync()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(ConnectionString);
        var keys = new List<string>();
        await foreach (var key in connection.GetServers()[0].KeysAsync(pattern: new TopicKeys(Prefix, SwitchedTopic).Pattern.Replace("*", "", StringComparison.Ordinal) + "*"))
        {
            keys.Add(((string)key!).Split("}:")[1]);
        }

        string[] ofTheNew = ["stream", "stream:layout", "retry:contract", "settled-up-to:contract", "groups:seen", "groups:handlers", "queue:layout", "queue:consumers", "queue:waiting-consumers", "queue:wake"];
        return [.. keys.Except(ofTheNew)];
    }

    private async Task<bool> HasKeysOfAsync(TransportKind kind)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(ConnectionString);
        var keys = new TopicKeys(Prefix, SwitchedTopic);
        return await connection.GetDatabase().KeyExistsAsync(keys[kind == TransportKind.Stream ? "stream" : "queue"]);
    }
}
