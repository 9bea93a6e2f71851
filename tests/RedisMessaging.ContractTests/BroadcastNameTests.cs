using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>Broadcast on a stream: every process gets everything, and one with a name goes on where it was.</summary>
public sealed class BroadcastNameTests(ITestOutputHelper output) : ContractTest(new StreamFixture(), "resp3", output)
{
    private const int NameLost = 12020;
    private const int NameRegained = 12021;

    [Fact]
    public async Task Each_process_gets_everything_from_its_start_on()
    {
        var publisher = await ConnectAsync();
        await publisher.PublishAsync(new Note("before", 1));
        var (one, two, fromTheBeginning) = (new Inbox(), new Inbox(), new Inbox());
        await SubscribeAsync("one", one);
        await (await ConnectAsync()).SubscribeAsync<Note>(Topic, two.HandleAsync, new SubscribeOptions { Broadcast = true });
        await SubscribeAsync("three", fromTheBeginning, StartPosition.Beginning);

        await publisher.PublishManyAsync(Notes(10, first: 2));

        await one.HasAsync(10);
        await two.HasAsync(10);
        await fromTheBeginning.HasAsync(11);
        one.Numbers.Should().Equal(Enumerable.Range(2, 10));
        two.Numbers.Should().Equal(Enumerable.Range(2, 10));
        fromTheBeginning.Numbers.Should().Equal(Enumerable.Range(1, 11));
    }

    [Fact]
    public async Task A_process_that_stopped_goes_on_where_it_was()
    {
        var publisher = await ConnectAsync();
        var (before, after, other) = (new Inbox(), new Inbox(), new Inbox());
        var subscription = await SubscribeAsync("one", before);
        await publisher.PublishAsync(new Note("before", 1));
        await before.HasAsync(1);
        await subscription.DisposeAsync();

        await publisher.PublishManyAsync(Notes(3, first: 2));
        // Looks for groups to remove, and finds one without a consumer.
        await using var starting = await SubscribeAsync("two", other);
        await publisher.PublishAsync(new Note("after", 5));
        await SubscribeAsync("one", after);
        await publisher.PublishAsync(new Note("last", 6));

        await after.HasAsync(5);
        after.Numbers.Should().Equal(2, 3, 4, 5, 6);
        await other.HasAsync(2);
        other.Numbers.Should().Equal(5, 6);
        before.Numbers.Should().Equal(1);
    }

    [Fact]
    public async Task A_process_that_is_cut_off_is_followed_by_one_that_misses_nothing_and_reads_nothing_itself()
    {
        await using var link = FaultProxy.Start(Server.ConnectionString);
        var cutOff = await ConnectAsync(connection: $"{link.ConnectionString},protocol=resp3");
        var publisher = await ConnectAsync();
        var (old, successor) = (new Inbox(), new Inbox());
        var hold = new TaskCompletionSource();
        await cutOff.SubscribeAsync<Note>(
            Topic,
            async (note, context, token) =>
            {
                await old.HandleAsync(note, context, token);
                await hold.Task;
            },
            new SubscribeOptions { BroadcastName = "one" });
        await publisher.PublishManyAsync(Notes(3));
        await old.HasAsync(1);
        link.RefusesConnections = true;
        link.BlackHole(LinkDirection.ToServer, LinkDirection.ToClient);
        await publisher.PublishAsync(new Note("meanwhile", 3));

        // A third of the lease: what the other one held need not wait for its end.
        var started = TimeProvider.System.GetTimestamp();
        var subscription = await SubscribeAsync("one", successor);
        await successor.HasAsync(4);
        TimeProvider.System.GetElapsedTime(started).Should().BeLessThan(TimeSpan.FromSeconds(20));
        successor.Numbers.Should().BeEquivalentTo([0, 1, 2, 3]);

        // It comes back, and is told that it was given up.
        link.RefusesConnections = false;
        link.Reset();
        hold.SetResult();
        await Eventually.TrueAsync(() => Log.Lines.Any(line => line.Id == NameLost), TimeSpan.FromSeconds(60));
        await Eventually.TrueAsync(async () => (await publisher.Topic(Topic).AsStream().Groups.ListAsync()).Single() is { Pending: 0, Retrying: 0 });
        await publisher.PublishManyAsync(Notes(20, first: 4));
        await successor.HasAsync(24);
        old.Count.Should().Be(1, "what it had fetched was handled by the other one");

        await subscription.DisposeAsync();
        await Eventually.TrueAsync(() => Log.Lines.Any(line => line.Id == NameRegained));
        await publisher.PublishAsync(new Note("again", 24));
        await old.HasAsync(new Note("again", 24));
    }

    [Fact]
    public async Task What_a_process_without_its_name_has_read_it_does_not_handle()
    {
        await using var server = await RedisServer.StartPrivateAsync();
        Server = server;
        var (one, two) = (new Inbox(), new Inbox());
        var publisher = await ConnectAsync();
        await SubscribeAsync("one", one);
        await SubscribeAsync("two", two);
        var database = await DatabaseAsync();
        var published = 0;
        var wasBlocked = false;
        for (var attempt = 1; !wasBlocked && attempt <= 5; attempt++)
        {
            // Idle it would not be blocked in a read, and reads nothing without its name.
            await Eventually.TrueAsync(async () =>
            {
                await publisher.PublishAsync(new Note("busy", published++));
                return ((string)(await database.ExecuteAsync("CLIENT", "LIST"))!).Split('\n').Count(client => client.Contains($"/{Topic}/", StringComparison.Ordinal)) >= 2;
            });
            await one.HasAsync(published);
            await database.StringSetAsync(Key("holder:broadcast:contract:@one"), "somebody-else 1");
            await Eventually.TrueAsync(() => Log.Lines.Count(line => line.Id == NameLost) == attempt);

            // It was blocked in a read, most likely, which gets the first of them.
            await publisher.PublishManyAsync(Notes(5));
            await two.HasAsync(published + 5);
            wasBlocked = (await OneAsync()).Pending > 0;
            one.Count.Should().Be(published);

            await database.KeyDeleteAsync(Key("holder:broadcast:contract:@one"));
            await one.HasAsync(published += 5);
        }

        wasBlocked.Should().BeTrue("else nothing was seen");

        async Task<ConsumerGroupInfo> OneAsync() => (await publisher.Topic(Topic).AsStream().Groups.ListAsync()).Single(group => group.Name == "broadcast:contract:@one");
    }

    [Fact]
    public async Task A_second_process_with_the_name_of_one_that_runs_is_refused()
    {
        var inbox = new Inbox();
        await SubscribeAsync("one", inbox);

        await FluentActions.Awaiting(() => SubscribeAsync("one", new Inbox()))
            .Should().ThrowAsync<RedisMessagingConfigurationException>().WithMessage($"*'{Topic}'*'contract'*BroadcastName*'one'*name of its own*");

        await (await ConnectAsync()).PublishAsync(new Note("a"));
        await inbox.HasAsync(1);
        Log.Lines.Should().NotContain(line => line.Id == NameLost);
    }

    [Fact]
    public async Task Nothing_is_missed_when_the_server_restarts_with_and_without_the_process()
    {
        await using var server = await RedisServer.StartPrivateAsync(appendOnly: true);
        Server = server;
        var publisher = await ConnectAsync(messaging => messaging.PublishTimeout = TimeSpan.FromMinutes(1));
        var (one, two) = (new Inbox(), new Inbox());
        var subscription = await SubscribeAsync("one", one);
        await publisher.PublishManyAsync(Notes(10));
        await one.HasAsync(10);

        await server.RestartAsync();
        await publisher.PublishManyAsync(Notes(10, first: 10));
        await Eventually.TrueAsync(() => one.Numbers.Distinct().Count() == 20);
        await subscription.DisposeAsync();
        await publisher.PublishManyAsync(Notes(10, first: 20));
        await server.RestartAsync();
        await publisher.PublishManyAsync(Notes(10, first: 30));
        await SubscribeAsync("one", two);

        await Eventually.TrueAsync(() => two.Numbers.Distinct().Count() >= 20);
        two.Numbers.Distinct().Should().BeEquivalentTo(Enumerable.Range(20, 20), "what was handled before is acked");
    }

    [Fact]
    public async Task A_name_that_nobody_had_for_a_week_is_forgotten_and_no_other()
    {
        foreach (var name in new[] { "old", "young" })
        {
            await (await SubscribeAsync(name, new Inbox())).DisposeAsync();
        }

        await SubscribeAsync("running", new Inbox());
        var database = await DatabaseAsync();
        // One that nobody noted counts from now on.
        await database.StreamCreateConsumerGroupAsync(Key("stream"), "broadcast:contract:@unknown");
        var now = DateTimeOffset.UtcNow;
        await SeenAsync("old", now - TimeSpan.FromDays(7.1));
        await SeenAsync("young", now - TimeSpan.FromDays(6.9));
        await SeenAsync("running", now - TimeSpan.FromDays(7.1));

        await SubscribeAsync("new", new Inbox());

        (await database.StreamGroupInfoAsync(Key("stream"))).Select(group => group.Name)
            .Should().BeEquivalentTo("broadcast:contract:@young", "broadcast:contract:@running", "broadcast:contract:@new", "broadcast:contract:@unknown");
        (await database.KeyExistsAsync(Key("retry:broadcast:contract:@old"))).Should().BeFalse();
        (await database.KeyExistsAsync(Key("settled-up-to:broadcast:contract:@old"))).Should().BeFalse();
        (await database.SortedSetScoreAsync(Key("broadcasts"), "broadcast:contract:@unknown")).Should().NotBeNull();

        Task SeenAsync(string name, DateTimeOffset at) => database.SortedSetAddAsync(Key("broadcasts"), $"broadcast:contract:@{name}", at.ToUnixTimeMilliseconds());
    }

    /// <summary>As a process of its own.</summary>
    private async Task<IMessageSubscription> SubscribeAsync(string name, Inbox inbox, StartPosition startAt = StartPosition.Default) =>
        await (await ConnectAsync()).SubscribeAsync<Note>(Topic, inbox.HandleAsync, new SubscribeOptions { BroadcastName = name, StartAt = startAt });
}
