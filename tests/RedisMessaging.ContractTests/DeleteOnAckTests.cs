using System.Collections.Concurrent;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>Acks that delete, with several groups: with XACKDEL an entry goes once each of them has acked it; without it there can be one group.</summary>
public sealed class DeleteOnAckTests(ITestOutputHelper output) : ContractTest(new StreamFixture(), "resp3", output)
{
    private const string Ackdel = "XACKDEL";
    private const string Needed = "Redis 8.2";
    private const int StaysForOthers = 12029;
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);

    [ServerFact(Ackdel, Needed)]
    public async Task Each_of_several_groups_gets_every_message_and_nothing_is_left()
    {
        var bus = await ConnectAsync();
        var one = new Inbox();
        var attempts = new ConcurrentDictionary<int, int>();
        var options = new SubscribeOptions { Group = "two", InboxWindow = TimeSpan.FromMinutes(1), Concurrency = 4 };
        options.Retry.MaxAttempts = 2;
        options.Retry.Delay = TimeSpan.FromMilliseconds(20);
        await bus.SubscribeAsync<Note>(Topic, one.HandleAsync, new SubscribeOptions { Group = "one" });
        await bus.SubscribeAsync<Note>(
            Topic,
            (note, _, _) => attempts.AddOrUpdate(note.Number, 1, (_, before) => before + 1) is 1 && note.Number % 10 is 0 || note.Number % 100 is 0
                ? throw new InvalidOperationException("Not now.")
                : ValueTask.CompletedTask,
            options);

        await bus.PublishManyAsync(Topic, Notes(500));

        await one.HasAsync(500);
        await Eventually.TrueAsync(async () => attempts.Count == 500 && await bus.Topic(Topic).DeadLetters.CountAsync() == 5);
        await Eventually.TrueAsync(async () => await LengthAsync() == 0, what: "all is deleted");
        await Eventually.TrueAsync(async () => await (await DatabaseAsync()).StreamLengthAsync(Key("retry:two")) == 0);
        (await bus.Topic(Topic).DeadLetters.RedriveAllAsync(_ => true)).Should().Be(5);
        await Eventually.TrueAsync(async () => await bus.Topic(Topic).DeadLetters.CountAsync() == 5 && attempts[0] == 4);
        one.Count.Should().Be(500);
        Log.Lines.Should().NotContain(line => line.Id == StaysForOthers);
    }

    [ServerFact(Ackdel, Needed)]
    public async Task What_a_group_has_not_read_stays_for_it()
    {
        var bus = await ConnectAsync();
        await bus.Topic(Topic).AsStream().Groups.CreateAsync("slow", HistoryPoint.Beginning);
        await HandleAsync(bus, "quick", 20);

        (await LengthAsync()).Should().Be(20);
        var slow = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, slow.HandleAsync, new SubscribeOptions { Group = "slow" });
        await slow.HasAsync(20);
        await Eventually.TrueAsync(async () => await LengthAsync() == 0, what: "the last group's acks delete");
    }

    [ServerFact(Ackdel, Needed)]
    public async Task What_a_consumer_gives_back_is_deleted_once_the_other_group_has_acked_it()
    {
        var bus = await ConnectAsync();
        var other = new Inbox();
        await bus.Topic(Topic).AsStream().Groups.CreateAsync("other", HistoryPoint.Beginning);
        await using (var reading = bus.ReadAsync<Note>(Topic, new SubscribeOptions { Group = "reading" }).GetAsyncEnumerator())
        {
            await bus.PublishManyAsync(Topic, Notes(50));
            (await reading.MoveNextAsync()).Should().BeTrue();
            await Eventually.TrueAsync(async () => (await GroupAsync(bus, "reading")).Pending == 50);
        }

        (await LengthAsync()).Should().Be(50);
        await bus.SubscribeAsync<Note>(Topic, other.HandleAsync, new SubscribeOptions { Group = "other" });
        await other.HasAsync(50);
        await Eventually.TrueAsync(async () => await LengthAsync() == 0, what: "what one gave back and the other acked is deleted");
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync, new SubscribeOptions { Group = "reading" });
        await inbox.HasAsync(50);
        inbox.Numbers.Should().BeEquivalentTo(Enumerable.Range(0, 50));
    }

    [ServerFact(Ackdel, Needed)]
    public async Task What_is_acked_while_a_group_is_lost_waits_for_it()
    {
        var bus = await ConnectAsync();
        var before = await ConnectAsync();
        await (await before.SubscribeAsync<Note>(Topic, (_, _, _) => ValueTask.CompletedTask, new SubscribeOptions { Group = "lost" })).DisposeAsync();
        await TellAsync("XGROUP", "DESTROY", Key("stream"), "lost");
        await HandleAsync(bus, "quick", 20);

        (await LengthAsync()).Should().Be(20, "the group was there a moment ago");
        var lost = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, lost.HandleAsync, new SubscribeOptions { Group = "lost" });
        await lost.HasAsync(20);
        await Eventually.TrueAsync(async () => await LengthAsync() == 0);
    }

    [ServerFact(Ackdel, Needed)]
    public async Task After_all_keys_are_lost_what_one_group_acks_waits_for_the_others_that_it_knew()
    {
        var (bus, other) = (await ConnectAsync(), await ConnectAsync());
        var quick = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, quick.HandleAsync, new SubscribeOptions { Group = "quick" });
        var slow = await other.SubscribeAsync<Note>(Topic, (_, _, _) => ValueTask.CompletedTask, new SubscribeOptions { Group = "slow" });
        // A few sweeps: each looks at the groups.
        await Task.Delay(Lease * 2);
        await slow.DisposeAsync();
        var database = await DatabaseAsync();
        await database.KeyDeleteAsync([Key("stream"), Key("groups:seen"), Key("retry:quick"), Key("retry:slow"), Key("settled-up-to:quick"), Key("settled-up-to:slow")]);

        await other.PublishManyAsync(Topic, Notes(20));

        await quick.HasAsync(20);
        await Eventually.TrueAsync(async () => (await GroupAsync(bus, "quick")).Pending == 0);
        (await LengthAsync()).Should().Be(20, "the other group comes back");
        var again = new Inbox();
        await other.SubscribeAsync<Note>(Topic, again.HandleAsync, new SubscribeOptions { Group = "slow" });
        await again.HasAsync(20);
        await Eventually.TrueAsync(async () => await LengthAsync() == 0);
    }

    [ServerFact(Ackdel, Needed)]
    public async Task Groups_that_a_process_starts_together_all_get_what_was_there_before()
    {
        var publisher = await ConnectAsync();
        await publisher.PublishManyAsync(Topic, Notes(200));
        var inboxes = new[] { new Inbox(), new Inbox(), new Inbox() };

        await ConnectAsync(messaging =>
        {
            for (var i = 0; i < inboxes.Length; i++)
            {
                var (inbox, group) = (inboxes[i], $"group-{i}");
                messaging.AddHandler<Note>(inbox.HandleAsync, handler => handler.Group = group);
            }
        });

        foreach (var inbox in inboxes)
        {
            await inbox.HasAsync(200);
        }

        await Eventually.TrueAsync(async () => await LengthAsync() == 0);
    }

    [ServerFact(Ackdel, Needed)]
    public async Task Without_the_right_to_it_entries_stay_and_with_it_they_go_again()
    {
        var user = await CreateUserAsync();
        var bus = await ConnectAsync(connection: ConnectionAs(user));
        var one = new Inbox();
        var two = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, one.HandleAsync, new SubscribeOptions { Group = "one" });
        await bus.SubscribeAsync<Note>(Topic, two.HandleAsync, new SubscribeOptions { Group = "two" });

        await TellAsync("ACL", "SETUSER", user, "-xackdel");
        await bus.PublishManyAsync(Topic, Notes(50));
        await one.HasAsync(50);
        await two.HasAsync(50);
        await Eventually.TrueAsync(async () => (await bus.Topic(Topic).AsStream().Groups.ListAsync()).All(group => group.Pending == 0));
        (await LengthAsync()).Should().Be(50);
        await Eventually.TrueAsync(() => Log.Lines.Any(line => line.Id == StaysForOthers));
        await Task.Delay(Lease * 2);
        Log.Lines.Count(line => line.Id == StaysForOthers).Should().Be(2, "each of the two consumers says it once");

        await TellAsync("ACL", "SETUSER", user, "+xackdel");
        await bus.PublishManyAsync(Topic, Notes(50, 50));
        await one.HasAsync(100);
        await two.HasAsync(100);
        await Eventually.TrueAsync(async () => await LengthAsync() == 50, what: "what is acked from now on is deleted");
        await TellAsync("ACL", "DELUSER", user);
    }

    [Fact]
    public async Task Without_it_there_can_be_one_group()
    {
        var user = await CreateUserAsync(WithoutAckdel());
        var bus = await ConnectAsync(connection: ConnectionAs(user));
        await bus.SubscribeAsync<Note>(Topic, (_, _, _) => ValueTask.CompletedTask, new SubscribeOptions { Group = "one" });

        await FluentActions.Awaiting(async () => await bus.SubscribeAsync<Note>(Topic, (_, _, _) => ValueTask.CompletedTask, new SubscribeOptions { Group = "two" }))
            .Should().ThrowAsync<RedisMessagingConfigurationException>().WithMessage($"*'{Topic}'*'two'*DeleteOnAck*'one'*XACKDEL*");
        await FluentActions.Awaiting(async () => await bus.Topic(Topic).AsStream().Groups.CreateAsync("two", HistoryPoint.Beginning))
            .Should().ThrowAsync<ConsumerGroupException>().WithMessage("*'two'*DeleteOnAck*'one'*XACKDEL*");
        await TellAsync("ACL", "DELUSER", user);
    }

    [Fact]
    public async Task It_has_no_broadcast_and_no_history()
    {
        var bus = await ConnectAsync();
        await FluentActions.Awaiting(async () => await bus.SubscribeAsync<Note>(Topic, (_, _, _) => ValueTask.CompletedTask, new SubscribeOptions { Broadcast = true }))
            .Should().ThrowAsync<RedisMessagingConfigurationException>().WithMessage("*Broadcast*DeleteOnAck*");
        bus.Topic(Topic).Invoking(topic => topic.AsStream().ReadHistoryAsync<Note>()).Should().Throw<NotSupportedException>().WithMessage("*DeleteOnAck*");
    }

    [Fact]
    public async Task Without_it_a_second_group_that_came_from_outside_loses_nothing()
    {
        var user = await CreateUserAsync(WithoutAckdel());
        var bus = await ConnectAsync(connection: ConnectionAs(user));
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        await TellAsync("XGROUP", "CREATE", Key("stream"), "second", "0");

        await bus.PublishManyAsync(Topic, Notes(20));

        await inbox.HasAsync(20);
        await Eventually.TrueAsync(async () => (await GroupAsync(bus, "contract")).Pending == 0);
        (await LengthAsync()).Should().Be(20);
        await Eventually.TrueAsync(() => Log.Lines.Any(line => line.Id == StaysForOthers));
        await TellAsync("ACL", "DELUSER", user);
    }

    private static async Task<ConsumerGroupInfo> GroupAsync(RedisMessageBus bus, string name) => (await bus.Topic(Topic).AsStream().Groups.ListAsync()).Single(group => group.Name == name);

    private static string[] WithoutAckdel() => ServerCommands.Know(Ackdel) ? ["-xackdel"] : [];

    private static async Task HandleAsync(RedisMessageBus bus, string name, int count)
    {
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync, new SubscribeOptions { Group = name });
        await bus.PublishManyAsync(Topic, Notes(count));
        await inbox.HasAsync(count);
        await Eventually.TrueAsync(async () => (await GroupAsync(bus, name)).Pending == 0);
    }

    private Task<RedisMessageBus> ConnectAsync(Action<RedisMessagingBuilder>? configure = null, string? connection = null) => ConnectAsync(
        configure,
        options => ((StreamOptions)options.Carries<Note>()).DeleteOnAck = true,
        Lease,
        connection);

    /// <summary>A user who may do everything but what the rules take away.</summary>
    private async Task<string> CreateUserAsync(params string[] rules)
    {
        var user = $"acker-{Guid.NewGuid():N}";
        await TellAsync("ACL", ["SETUSER", user, "on", ">secret", "~*", "&*", "+@all", .. rules]);
        return user;
    }

    private string ConnectionAs(string user) => $"{ConnectionString},user={user},password=secret";

    private async Task<long> LengthAsync() => await (await DatabaseAsync()).StreamLengthAsync(Key("stream"));
}
