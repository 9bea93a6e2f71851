namespace RedisMessaging.ContractTests;

/// <summary>What is different on a cluster; a slot on the move and a lost node under load are the fault matrix' row 29.</summary>
public sealed class ClusterTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Topic = "notes";

    private RedisCluster? _cluster;
    private RedisCluster? _withReplicas;

    public static TheoryData<TransportKind> Durable => [TransportKind.Queue, TransportKind.Stream];

    private RedisCluster Cluster => _cluster ?? throw new InvalidOperationException("There is no cluster.");

    public async Task InitializeAsync() => _cluster = await RedisCluster.StartAsync(replicas: false);

    public async Task DisposeAsync()
    {
        await Cluster.DisposeAsync();
        if (_withReplicas is not null)
        {
            await _withReplicas.DisposeAsync();
        }
    }

    [Fact]
    public async Task Messages_of_a_publisher_keep_their_order_over_PubSub()
    {
        var inbox = new Inbox();
        await using var bus = await StartAsync(TransportKind.PubSub, inbox);

        for (var number = 0; number < 500; number++)
        {
            (await bus.PublishAsync(new Note("", number))).Receivers.Should().BeNull("a node counts only those that are connected to itself");
        }

        await inbox.HasAsync(500);
        inbox.Numbers.Should().BeInAscendingOrder();
    }

    [Theory]
    [InlineData(TransportKind.PubSub)]
    [InlineData(TransportKind.Queue)]
    [InlineData(TransportKind.Stream)]
    public async Task A_request_is_answered_over_another_slot(TransportKind kind)
    {
        await using var bus = await RedisMessageBus.ConnectAsync(
            Cluster.ConnectionString,
            messaging =>
            {
                messaging.UseJson(ContractJson.Default);
                messaging.AddTopic<Note>(Topic, kind);
                messaging.AddRequestHandler<Note, Sum>((note, _, _) => ValueTask.FromResult(new Sum(note.Number + 1)));
            },
            new TestLog(output));

        for (var number = 0; number < 20; number++)
        {
            (await bus.RequestAsync<Note, Sum>(new Note("", number))).Should().Be(new Sum(number + 1));
        }
    }

    [Theory]
    [InlineData(TransportKind.PubSub)]
    [InlineData(TransportKind.Queue)]
    [InlineData(TransportKind.Stream)]
    public async Task A_topic_is_paused_and_resumed(TransportKind kind)
    {
        var inbox = new Inbox();
        await using var bus = await RedisMessageBus.ConnectAsync(
            Cluster.ConnectionString,
            messaging =>
            {
                messaging.UseJson(ContractJson.Default);
                messaging.AddTopic<Note>(Topic, kind);
            },
            new TestLog(output));
        var subscription = await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);

        await bus.Topic(Topic).PauseAsync();
        await Eventually.TrueAsync(() => subscription.IsPaused);
        await bus.PublishAsync(new Note("waits"));
        await Task.Delay(200);
        inbox.Count.Should().Be(0);
        await bus.Topic(Topic).ResumeAsync();

        await inbox.HasAsync(new Note("waits"));
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task A_blocked_subscription_stops_without_waiting_for_its_block(TransportKind kind)
    {
        var inbox = new Inbox();
        var bus = await StartAsync(kind, inbox);
        await bus.PublishAsync(new Note("a"));
        await inbox.HasAsync(1);

        await Eventually.EndsAsync(bus.DisposeAsync().AsTask(), TimeSpan.FromSeconds(1.5));
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task A_blocked_subscription_goes_where_its_topic_goes_and_stops_there(TransportKind kind)
    {
        var inbox = new Inbox();
        var bus = await StartAsync(kind, inbox);
        await bus.PublishAsync(new Note("before"));
        await inbox.HasAsync(1);

        var slot = await Cluster.SlotOfAsync($"{{{Topic}}}");
        await Cluster.MoveSlotAsync(slot, await Cluster.OtherThanAsync(await Cluster.OwnerOfAsync(slot)), TimeSpan.FromMilliseconds(50));
        await bus.PublishAsync(new Note("after"));
        await inbox.HasAsync(2);
        // It was blocked on the new node from the second read there on.
        await bus.PublishAsync(new Note("there"));
        await inbox.HasAsync(3);

        await Eventually.EndsAsync(bus.DisposeAsync().AsTask(), TimeSpan.FromSeconds(1.5));
    }

    [Fact]
    public async Task A_stream_is_trimmed()
    {
        var inbox = new Inbox();
        await using var bus = await StartAsync(TransportKind.Stream, inbox);
        await bus.PublishManyAsync(Enumerable.Range(0, 50).Select(number => new Note("", number)));
        await inbox.HasAsync(50);
        var topic = bus.Topic(Topic);
        await Eventually.TrueAsync(async () => (await topic.AsStream().Groups.ListAsync()).Single().Pending == 0);

        (await topic.AsStream().TrimAsync(new Retention { MaxLength = 10, Exact = true })).Should().Be(new TrimResult(40, 0));
        (await topic.AsStream().DeleteAsync((await topic.AsStream().SummarizeHistoryAsync()).First!)).Should().BeTrue();
        (await topic.AsStream().SummarizeHistoryAsync()).Count.Should().Be(9);
    }

    [Fact]
    public async Task A_message_is_appended_to_the_version_it_expects()
    {
        await using var bus = await StartAsync(TransportKind.Stream, new Inbox());

        await bus.PublishManyAsync(Topic, [new Note("a"), new Note("b")], new PublishOptions { ExpectedVersion = 0 });
        var conflicting = async () => await bus.PublishAsync(new Note("c"), new PublishOptions { ExpectedVersion = 1 });

        (await conflicting.Should().ThrowAsync<VersionConflictException>()).Which.ActualVersion.Should().Be(2);
    }

    [Fact]
    public async Task Another_database_than_0_is_told_at_once()
    {
        var starting = () => StartAsync(TransportKind.Queue, new Inbox(), ",defaultDatabase=3");

        (await starting.Should().ThrowAsync<RedisMessagingConfigurationException>()).WithMessage("*database 3*cluster*");
    }

    /// <summary>Nobody loses a connection then, and StackExchange.Redis looks once a minute whether what was a replica still is one.</summary>
    [Theory]
    [MemberData(nameof(Durable))]
    public async Task A_replica_that_takes_over_is_written_to_soon(TransportKind kind)
    {
        _withReplicas = await RedisCluster.StartAsync(replicas: true);
        var inbox = new Inbox();
        await using var bus = await StartAsync(kind, inbox, cluster: _withReplicas);
        await bus.PublishAsync(new Note("before"));
        await inbox.HasAsync(1);

        var slot = await _withReplicas.SlotOfAsync($"{{{Topic}}}");
        var old = await _withReplicas.OwnerOfAsync(slot);
        await Replication.TakeOverAsync(_withReplicas.ReplicaOf(old));

        await Eventually.TrueAsync(async () =>
        {
            try
            {
                await bus.PublishAsync(new Note("after"));
                return true;
            }
            catch (RedisMessagingException)
            {
                return false;
            }
        });
        await inbox.HasAsync(new Note("after"));
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task A_family_s_members_are_spread_over_the_nodes(TransportKind kind)
    {
        var inbox = new Inbox();
        await using var bus = await RedisMessageBus.ConnectAsync(
            Cluster.ConnectionString,
            messaging =>
            {
                messaging.UseJson(ContractJson.Default);
                messaging.AddTopic<Note>("logs:{service}", kind);
                messaging.AddHandler<Note>(inbox.HandleAsync);
            },
            new TestLog(output));

        for (var member = 0; member < 6; member++)
        {
            await bus.PublishManyAsync($"logs:{member}", Enumerable.Range(10 * member, 10).Select(number => new Note("line", number)));
        }

        await inbox.HasAsync(60);
        inbox.Numbers.Should().BeEquivalentTo(Enumerable.Range(0, 60));
        inbox.Contexts.Select(context => context.Parameters["service"]).Distinct().Should().HaveCount(6);
    }

    private async Task<RedisMessageBus> StartAsync(TransportKind kind, Inbox inbox, string more = "", RedisCluster? cluster = null) => await RedisMessageBus.ConnectAsync(
        (cluster ?? Cluster).ConnectionString + more,
        messaging =>
        {
            messaging.UseJson(ContractJson.Default);
            messaging.AddTopic<Note>(Topic, kind);
            messaging.AddHandler<Note>(inbox.HandleAsync);
        },
        new TestLog(output));
}
