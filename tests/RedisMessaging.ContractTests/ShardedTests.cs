using System.Collections.Concurrent;

namespace RedisMessaging.ContractTests;

/// <summary>Sharded channels: what the contract, which runs over them, too, does not say.</summary>
public sealed class ShardedTests(ITestOutputHelper output) : StartUpTest(output)
{
    private const string Dead = "dead-notes";

    private readonly ConcurrentQueue<SubscriptionGap> _gaps = new();
    private readonly Inbox _inbox = new();

    [Theory]
    [InlineData("resp2")]
    [InlineData("resp3")]
    public async Task Messages_go_to_the_node_of_the_channel_s_slot_in_order_and_are_counted(string protocol)
    {
        var cluster = await SharedCluster.GetAsync();
        var bus = await SubscribeAsync(cluster, protocol, "test-counted:");

        for (var number = 0; number < 500; number++)
        {
            (await bus.PublishAsync(new Note("", number))).Receivers.Should().Be(1, "all subscribers are on the slot's node");
        }

        await _inbox.HasAsync(500);
        _inbox.Numbers.Should().BeInAscendingOrder();
        var owner = await cluster.OwnerOfAsync(await cluster.SlotOfAsync("{shared}"));
        (await RedisReply.ToAsync(owner.ConnectionString, "PUBSUB", "SHARDNUMSUB", "test-counted:{shared}")).Should().Be("test-counted:{shared}\n1");
        _gaps.Should().BeEmpty();
    }

    [Theory]
    [InlineData("resp2")]
    [InlineData("resp3")]
    public async Task A_slot_that_moves_takes_its_subscriptions_along_and_the_gap_is_told(string protocol)
    {
        await using var cluster = await RedisCluster.StartAsync(replicas: false);
        var bus = await SubscribeAsync(cluster, protocol);
        await bus.PublishAsync(new Note("before"));
        await _inbox.HasAsync(1);

        for (var moves = 1; moves <= 2; moves++)
        {
            var slot = await cluster.SlotOfAsync("{shared}");
            await cluster.MoveSlotAsync(slot, await cluster.OtherThanAsync(await cluster.OwnerOfAsync(slot)), TimeSpan.FromMilliseconds(50));
            await Eventually.TrueAsync(() => _gaps.Count == moves, what: $"gap {moves} is told");

            (await bus.PublishAsync(new Note("after", moves))).Receivers.Should().Be(1, "it is live when the gap is told");
            await _inbox.HasAsync(new Note("after", moves));
        }

        _gaps.Should().OnlyContain(gap => gap.Topic == "shared" && gap.Reason == SubscriptionGapReason.ConnectionLost && gap.Since < gap.Until);
    }

    [Fact]
    public async Task A_lost_node_s_subscriptions_go_to_the_one_that_takes_over()
    {
        await using var cluster = await RedisCluster.StartAsync(replicas: true);
        var bus = await SubscribeAsync(cluster, "resp3");
        await bus.PublishAsync(new Note("before"));
        await _inbox.HasAsync(1);

        var slot = await cluster.SlotOfAsync("{shared}");
        var lost = await cluster.OwnerOfAsync(slot);
        await lost.KillAsync();
        await cluster.FailedOverAsync(slot, lost);
        await Eventually.TrueAsync(() => !_gaps.IsEmpty, what: "the gap is told");

        await Eventually.TrueAsync(async () => (await bus.PublishAsync(new Note("after"))).Receivers == 1, what: "the subscription is live again");
        await _inbox.HasAsync(new Note("after"));
    }

    [Fact]
    public async Task After_a_restart_of_a_single_server_it_goes_on_and_tells_the_gap()
    {
        var server = await StartServerAsync();
        var bus = await SubscribeAsync(server, "resp2");

        await server.RestartAsync();
        await Eventually.TrueAsync(() => !_gaps.IsEmpty, what: "the gap is told");

        (await bus.PublishAsync(new Note("after"))).Receivers.Should().Be(1);
        await _inbox.HasAsync(new Note("after"));
    }

    [Fact]
    public async Task Of_a_pattern_the_channels_work_and_the_pattern_is_refused()
    {
        var server = await StartServerAsync();
        void News(RedisMessagingBuilder messaging) => messaging.AddPubSub<Alarm>("news:*", options => options.Sharded = true);
        var bus = await StartAsync(server.ConnectionString, TransportKind.PubSub, News);
        var got = new ConcurrentQueue<string>();
        await using var subscription = await bus.SubscribeAsync<Alarm>("news:sport", (alarm, context, _) =>
        {
            got.Enqueue($"{context.Channel} {alarm.Where}");
            return ValueTask.CompletedTask;
        });

        (await bus.PublishToAsync("news:sport", new Alarm("here"))).Receivers.Should().Be(1);
        (await bus.PublishToAsync("news:weather", new Alarm("there"))).Receivers.Should().Be(0);

        await Eventually.TrueAsync(() => got.Contains("news:sport here"));
        (await bus.Topic("news:*").AsPubSub().CountSubscribersAsync()).Should().BeEquivalentTo(new { Channels = new Dictionary<string, long> { ["news:sport"] = 1 }, Patterns = (long?)null, Total = 1 });
        await IsRefusedAsync(async () => await bus.SubscribeAsync<Alarm>("news:*", (_, _, _) => ValueTask.CompletedTask), "*'news:*' is a pattern of sharded channels*news:sport*Sharded*");
        await IsRefusedAsync(
            server.ConnectionString,
            TransportKind.PubSub,
            "*'news:*' is a pattern of sharded channels*",
            messaging =>
            {
                News(messaging);
                messaging.AddHandler<Alarm>((_, _, _) => ValueTask.CompletedTask);
            });
    }

    [Fact]
    public async Task Dead_letters_are_kept_and_published_again_in_a_cluster()
    {
        var cluster = await SharedCluster.GetAsync();
        var fails = true;
        var bus = await StartAsync(cluster.ConnectionString, TransportKind.PubSub, messaging => messaging.AddPubSub<Alarm>(Dead, options =>
        {
            options.Sharded = true;
            options.KeepDeadLetters = true;
        }));
        var handled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var subscription = await bus.SubscribeAsync<Alarm>(Dead, (_, _, _) =>
        {
            if (fails)
            {
                throw new DeadLetterException("not today");
            }

            handled.TrySetResult();
            return ValueTask.CompletedTask;
        });
        await bus.PublishAsync(new Alarm("here"));
        var letters = bus.Topic(Dead).DeadLetters;
        await Eventually.TrueAsync(async () => await letters.CountAsync() == 1);

        fails = false;
        (await letters.RedriveAllAsync()).Should().Be(1);

        await Eventually.EndsAsync(handled.Task);
        (await letters.CountAsync()).Should().Be(0);
    }

    [Fact]
    public async Task A_missing_right_to_the_channel_is_told_with_the_rule()
    {
        var server = await StartServerAsync();
        var connection = await AddWorkerAsync(server, "~*", "+@all", "resetchannels", "&test:notes", "&__Booksleeve_MasterChanged");

        await IsRefusedAsync(
            connection,
            TransportKind.PubSub,
            "*Topic 'shared'*ACL SETUSER*&test:{shared}*",
            messaging =>
            {
                messaging.AddPubSub<Alarm>("shared", options => options.Sharded = true);
                messaging.AddHandler<Alarm>((_, _, _) => ValueTask.CompletedTask);
            });
    }

    private async Task<RedisMessageBus> SubscribeAsync(RedisServer server, string protocol, string prefix = "test:")
    {
        var bus = await RedisMessageBus.ConnectAsync(
            $"{server.ConnectionString},protocol={protocol}",
            messaging =>
            {
                messaging.KeyPrefix = prefix;
                messaging.Application = "contract";
                messaging.UseJson(ContractJson.Default);
                messaging.AddPubSub<Note>("shared", options => options.Sharded = true);
            },
            Log);
        Own(bus);
        await bus.SubscribeAsync<Note>("shared", _inbox.HandleAsync, new SubscribeOptions { OnGap = _gaps.Enqueue });
        return bus;
    }
}
