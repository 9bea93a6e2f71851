using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RedisMessaging.Configuration;
using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.ContractTests;

/// <summary>What families do beyond the contract: lost registries, changed transports, queues without leases.</summary>
public sealed class FamilyTests(ITestOutputHelper output) : ContractTest(new QueueFixture(), "resp3", output)
{
    private const string Family = "logs:*";
    private const int Backlog = 20;

    public static TheoryData<TransportKind, TransportKind> Switches => new()
    {
        { TransportKind.Stream, TransportKind.Queue },
        { TransportKind.Queue, TransportKind.Stream },
        { TransportKind.Stream, TransportKind.PubSub },
    };

    [Fact]
    public async Task A_lost_registry_is_written_anew_by_those_who_follow_it()
    {
        var bus = await ConnectToFamilyAsync(TransportKind.Stream);
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Family, inbox.HandleAsync);
        await bus.PublishToAsync("logs:web", new Note("first", 1));
        await bus.PublishToAsync("logs:api", new Note("second", 2));
        await inbox.HasAsync(2);
        var database = await DatabaseAsync();

        var keys = new TopicKeys(Prefix, Family);
        await database.KeyDeleteAsync([keys["stream:members"], keys["stream:members:signal"], keys["stream:members:layout"]]);
        var publisher = await ConnectToFamilyAsync(TransportKind.Stream);
        await publisher.PublishToAsync("logs:new", new Note("third", 3));

        await inbox.HasAsync(3);
        await Eventually.TrueAsync(async () => (await ListMembersAsync(publisher)).Count == 3, what: "the members it knew are registered again");
    }

    [Fact]
    public async Task A_publisher_writes_its_members_anew_now_and_then_and_not_each_time()
    {
        var bus = await ConnectToFamilyAsync(TransportKind.Queue);
        var members = new TopicKeys(Prefix, Family)["queue:members"];
        var database = await DatabaseAsync();
        await bus.PublishToAsync("logs:web", new Note("first"));
        await database.KeyDeleteAsync(members);

        await bus.PublishToAsync("logs:web", new Note("second"));

        (await database.KeyExistsAsync(members)).Should().BeFalse("a call each time would cost each message a round trip");
    }

    [Fact]
    public async Task Subscribers_are_counted_for_a_family_and_for_a_member()
    {
        var bus = await ConnectAsync(messaging => messaging.AddPubSub<Note>("prices:{symbol}"));
        await bus.SubscribeAsync<Note>("prices:ACME", (_, _, _) => ValueTask.CompletedTask);
        await bus.SubscribeAsync<Note>("prices:OTHER", (_, _, _) => ValueTask.CompletedTask);

        (await bus.Topic("prices:{symbol}").AsPubSub().CountSubscribersAsync()).Channels.Should().BeEquivalentTo(new Dictionary<string, long> { ["prices:ACME"] = 1, ["prices:OTHER"] = 1 });
        (await bus.Topic("prices:ACME").AsPubSub().CountSubscribersAsync()).Channels.Should().BeEquivalentTo(new Dictionary<string, long> { ["prices:ACME"] = 1 });
    }

    [Theory]
    [MemberData(nameof(Switches))]
    public async Task Changing_a_family_s_transport_looks_at_its_members(TransportKind from, TransportKind to)
    {
        await LeaveBacklogAsync(from);

        var starting = () => StartAsync(to, OnTransportChange.Fail, new Inbox());

        await starting.Should().ThrowAsync<RedisMessagingConfigurationException>().WithMessage($"*'{Family}'*{to}*{2 * Backlog}*{from}*OnTransportChange*");
    }

    [Theory]
    [MemberData(nameof(Switches))]
    public async Task A_family_is_drained_member_by_member_and_then_gone(TransportKind from, TransportKind to)
    {
        await LeaveBacklogAsync(from);
        var inbox = new Inbox();

        var bus = await StartAsync(to, OnTransportChange.Drain, inbox);
        await bus.PublishToAsync("logs:new", new Note("new", 2 * Backlog));

        await inbox.HasAsync((2 * Backlog) + 1);
        inbox.Numbers.Should().BeEquivalentTo(Enumerable.Range(0, (2 * Backlog) + 1));
        var word = from == TransportKind.Stream ? "stream" : "queue";
        await Eventually.TrueAsync(async () => !await (await DatabaseAsync()).KeyExistsAsync(new TopicKeys(Prefix, Family)[word + ":members"]), what: "the registry is deleted");
        (await (await DatabaseAsync()).KeyExistsAsync(new TopicKeys(Prefix, "logs:web")[word])).Should().BeFalse();
    }

    [Fact]
    public async Task One_word_of_configuration_changes_a_family_s_transport()
    {
        var inbox = new Inbox();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "contract" });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["RedisMessaging:Connection"] = ConnectionString,
            ["RedisMessaging:KeyPrefix"] = Prefix,
            ["RedisMessaging:Topics:notifications:{userId}:Transport"] = "Stream",
            ["RedisMessaging:Topics:notifications:{userId}:Lease"] = "00:00:12",
        });
        builder.Services.AddRedisMessaging(builder.Configuration.GetSection("RedisMessaging"), messaging =>
        {
            messaging.UseJson(ContractJson.Default);
            messaging.AddPubSub<Note>("notifications:{userId}");
            messaging.AddHandler<Note>(inbox.HandleAsync);
        });
        using var host = builder.Build();
        await Eventually.EndsAsync(host.StartAsync());
        var bus = host.Services.GetRequiredService<IMessageBus>();

        await bus.PublishToAsync("notifications:42", new Note("for 42"));

        await inbox.HasAsync(1);
        inbox.Contexts[0].Parameters["userId"].Should().Be("42");
        bus.Topic("notifications:42").Capabilities.Lease.Should().Be(TimeSpan.FromSeconds(12));
        (await (await DatabaseAsync()).KeyExistsAsync(new TopicKeys(Prefix, "notifications:42")["stream"])).Should().BeTrue();
        (await (await DatabaseAsync()).KeyExistsAsync(new TopicKeys(Prefix, "notifications:*")["stream:members"])).Should().BeTrue("braces would cut the hash tag short");
        await Eventually.EndsAsync(host.StopAsync());
    }

    [Fact]
    public async Task A_family_of_queues_without_leases_gives_back_what_nobody_has_handled()
    {
        var bus = await ConnectAsync(messaging => messaging.AddQueue<Note>(Family, queue => queue.Delivery = QueueDelivery.AtMostOnce));
        await bus.PublishManyAsync("logs:web", Notes(Backlog));
        await bus.PublishManyAsync("logs:api", Notes(Backlog, first: Backlog));
        var started = new TaskCompletionSource();
        var mayEnd = new TaskCompletionSource();
        var inbox = new Inbox();
        var subscription = await bus.SubscribeAsync<Note>(
            Family,
            async (note, context, token) =>
            {
                started.TrySetResult();
                await mayEnd.Task.WaitAsync(token);
                await inbox.HandleAsync(note, context, token);
            },
            new SubscribeOptions { Prefetch = 3 });
        await Eventually.EndsAsync(started.Task);
        var stopping = subscription.DisposeAsync().AsTask();
        mayEnd.SetResult();
        await Eventually.EndsAsync(stopping);

        await bus.SubscribeAsync<Note>(Family, inbox.HandleAsync);

        await inbox.HasAsync(2 * Backlog);
        inbox.Numbers.Should().BeEquivalentTo(Enumerable.Range(0, 2 * Backlog));
    }

    [Fact]
    public async Task A_second_group_on_a_family_of_queues_is_refused()
    {
        var bus = await ConnectToFamilyAsync(TransportKind.Queue);
        await bus.SubscribeAsync<Note>(Family, new Inbox().HandleAsync, new SubscribeOptions { Group = "billing" });

        await FluentActions.Awaiting(async () => await bus.SubscribeAsync<Note>("logs:web", new Inbox().HandleAsync, new SubscribeOptions { Group = "shipping" }))
            .Should().ThrowAsync<RedisMessagingConfigurationException>().WithMessage("*'logs:*'*billing*shipping*");
    }

    [Fact]
    public async Task A_topic_of_its_own_is_no_member_even_where_it_was_one()
    {
        var old = await ConnectToFamilyAsync(TransportKind.Stream);
        await old.PublishToAsync("logs:web", new Note("as a member", 1));
        var bus = await ConnectAsync(messaging => messaging.AddStream<Note>(Family).AddStream<Note>("logs:web"));
        var family = new Inbox();
        var web = new Inbox();
        await bus.SubscribeAsync<Note>(Family, family.HandleAsync);
        await bus.SubscribeAsync<Note>("logs:web", web.HandleAsync);

        await bus.PublishToAsync("logs:web", new Note("as a topic", 2));
        await bus.PublishToAsync("logs:api", new Note("a member's", 3));

        await family.HasAsync(1);
        await web.HasAsync(2);
        family.Numbers.Should().Equal(3);
        web.Numbers.Should().Equal(1, 2);
        (await ListMembersAsync(bus)).Should().Equal("logs:api");
    }

    [Fact]
    public async Task Members_that_are_published_to_cost_no_connection()
    {
        // Other tests share the server.
        var application = $"counting-{Guid.NewGuid():N}";
        var bus = await ConnectAsync(messaging =>
        {
            messaging.Application = application;
            messaging.AddStream<Note>(Family);
        });
        await bus.PublishToAsync("logs:0", new Note("first"));
        var before = (await ListClientsAsync(application)).Count;

        await Task.WhenAll(Enumerable.Range(0, 500).Select(member => bus.PublishToAsync($"logs:{member}", new Note("line")).AsTask()));

        (await ListClientsAsync(application)).Should().HaveCount(before);
        (await ListMembersAsync(bus)).Should().HaveCount(500);
    }

    [Fact]
    public async Task A_verdict_on_a_broken_member_keeps_no_other_verdict_waiting()
    {
        var bus = await ConnectToFamilyAsync(TransportKind.Stream);
        var database = await DatabaseAsync();
        var bad = new TopicKeys(Prefix, "logs:bad")["stream"];
        var good = new TopicKeys(Prefix, "logs:good")["stream"];
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Family, async (note, context, token) =>
        {
            if (context.Channel == "logs:bad")
            {
                await database.KeyDeleteAsync(bad);
                await database.StringSetAsync(bad, "somebody else's");
            }

            await inbox.HandleAsync(note, context, token);
        });
        await bus.PublishToAsync("logs:bad", new Note("first", 1));
        await inbox.HasAsync(1);

        await bus.PublishToAsync("logs:good", new Note("second", 2));
        await inbox.HasAsync(2);

        await Eventually.TrueAsync(async () => (await database.StreamPendingAsync(good, "contract")).PendingMessageCount == 0 && Log.Lines.Any(line => line.Id == 9006), what: "the other's is acked");
    }

    private Task<RedisMessageBus> ConnectToFamilyAsync(TransportKind kind) => ConnectAsync(messaging => messaging.AddTopic<Note>(Family, kind));

    private async Task LeaveBacklogAsync(TransportKind kind)
    {
        var old = await ConnectToFamilyAsync(kind);
        await old.PublishManyAsync("logs:web", Notes(Backlog));
        await old.PublishManyAsync("logs:api", Notes(Backlog, first: Backlog));
        await old.DisposeAsync();
    }

    private Task<RedisMessageBus> StartAsync(TransportKind kind, OnTransportChange onChange, Inbox inbox) => ConnectAsync(messaging =>
    {
        messaging.OnTransportChange = onChange;
        messaging.AddTopic<Note>(Family, kind);
        messaging.AddHandler<Note>(inbox.HandleAsync, handler => handler.Topic = Family);
    });

    private static async Task<List<string>> ListMembersAsync(RedisMessageBus bus)
    {
        var members = new List<string>();
        await foreach (var member in bus.Topic(Family).AsFamily().ListMembersAsync())
        {
            members.Add(member);
        }

        return members;
    }
}
