using System.Collections.Concurrent;
using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Topics;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>Families of topics: a name with a parameter, published to and subscribed to by its members and as a whole.</summary>
public abstract partial class TransportContract<TFixture>
{
    private const string Family = "logs:{service}";

    [ContractFact(Requires = nameof(TransportCapabilities.Patterns))]
    public async Task A_family_s_subscription_gets_all_members_and_tells_their_parameters()
    {
        var bus = await ConnectToFamilyAsync();
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Family, inbox.HandleAsync);

        await bus.PublishToAsync("logs:web", new Note("request", 1));
        await bus.PublishManyAsync("logs:api", [new Note("call", 2), new Note("call", 3)]);
        await bus.PublishToAsync(Topic, new Note("elsewhere"));

        await inbox.HasAsync(3);
        inbox.Numbers.Should().BeEquivalentTo([1, 2, 3]);
        inbox.Contexts.Should().OnlyContain(context => context.Topic == Family && context.Channel == "logs:" + context.Parameters["service"]);
        inbox.Contexts.Select(context => context.Parameters["service"]).Should().BeEquivalentTo("web", "api", "api");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Patterns))]
    public async Task What_a_star_stands_for_is_counted_and_an_ordinary_topic_has_no_parameters()
    {
        var bus = await ConnectAsync(messaging => Fixture.AddTopic(messaging, "jobs:*:of:*", options => options.Carries<Note>(), null));
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>("jobs:*:of:*", inbox.HandleAsync);
        var ordinary = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, ordinary.HandleAsync);

        await bus.PublishToAsync("jobs:mail:7:of:shop", new Note("job"));
        await bus.PublishToAsync(Topic, new Note("plain"));

        await inbox.HasAsync(1);
        await ordinary.HasAsync(1);
        inbox.Contexts[0].Parameters.Should().Equal(new Dictionary<string, string> { ["0"] = "mail:7", ["1"] = "shop" });
        ordinary.Contexts[0].Parameters.Should().BeEmpty().And.BeSameAs(ordinary.Contexts[0].Parameters);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Patterns))]
    public async Task A_member_s_subscription_gets_only_its_own()
    {
        var bus = await ConnectToFamilyAsync();
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>("logs:web", inbox.HandleAsync);

        await bus.PublishToAsync("logs:api", new Note("another's"));
        await bus.PublishToAsync("logs:web", new Note("its own"));

        await inbox.HasAsync(1);
        inbox.Notes.Should().Equal(new Note("its own"));
        inbox.Contexts[0].Parameters.Should().Equal(new Dictionary<string, string> { ["service"] = "web" });
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Patterns))]
    public async Task A_batch_tells_each_message_s_parameters()
    {
        var bus = await ConnectToFamilyAsync();
        var received = new ConcurrentQueue<ReceivedMessage<Note>>();
        await bus.SubscribeBatchAsync<Note>(Family, (batch, _) =>
        {
            batch.ToList().ForEach(received.Enqueue);
            return Task.CompletedTask;
        });

        await bus.PublishToAsync("logs:web", new Note("request"));
        await bus.PublishToAsync("logs:api", new Note("call"));

        await Eventually.TrueAsync(() => received.Count == 2);
        received.Select(message => message.Parameters["service"]).Should().BeEquivalentTo("web", "api");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Patterns))]
    public async Task A_reader_is_told_the_parameters()
    {
        var bus = await ConnectToFamilyAsync();
        await using var messages = bus.ReadAsync<Note>(Family).GetAsyncEnumerator();

        // Pub/Sub: what is published before it is live is missed.
        var moving = messages.MoveNextAsync().AsTask();
        await Eventually.TrueAsync(async () =>
        {
            await bus.PublishToAsync("logs:web", new Note("request"));
            return moving.IsCompleted;
        });

        messages.Current.Parameters.Should().Equal(new Dictionary<string, string> { ["service"] = "web" });
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Patterns))]
    public async Task A_family_is_read_with_a_loop()
    {
        var bus = await ConnectToFamilyAsync();
        var read = new ConcurrentQueue<string>();
        using var enough = new CancellationTokenSource();
        var reading = Task.Run(async () =>
        {
            await foreach (var received in bus.ReadAsync<Note>(Family, cancellationToken: enough.Token))
            {
                (await received.AckAsync()).Should().BeTrue();
                read.Enqueue(received.Channel);
            }
        });
        await Eventually.TrueAsync(async () =>
        {
            await bus.PublishToAsync("logs:web", new Note("request"));
            await bus.PublishToAsync("logs:api", new Note("call"));
            return read.Contains("logs:web") && read.Contains("logs:api");
        });

        await enough.CancelAsync();
        await Eventually.EndsAsync(FluentActions.Awaiting(() => reading).Should().ThrowAsync<OperationCanceledException>());
    }

    [ContractFact(Without = nameof(TransportCapabilities.Durable))]
    public async Task A_channel_that_the_glob_matches_and_the_parameters_do_not_reaches_no_handler()
    {
        var family = $"f{UniquePrefix.Create()}".Replace(':', '-') + ":{user}";
        using var ignored = new Counted("redismessaging.messages.ignored", family);
        var bus = await ConnectAsync(messaging => Fixture.AddTopic(messaging, family, options => options.Carries<Note>(), null));
        var other = await ConnectAsync(messaging => Fixture.AddTopic(messaging, family.Replace("{user}", "*", StringComparison.Ordinal), options => options.Carries<Note>(), null));
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(family, inbox.HandleAsync);

        await other.PublishToAsync(family.Replace("{user}", "42:x", StringComparison.Ordinal), new Note("deeper"));
        await other.PublishToAsync(family.Replace("{user}", "42", StringComparison.Ordinal), new Note("for 42"));

        await inbox.HasAsync(1);
        inbox.Notes.Should().Equal(new Note("for 42"));
        ignored.Total.Should().Be(1);
        var publishing = async () => await bus.PublishToAsync(family.Replace("{user}", "42:x", StringComparison.Ordinal), new Note("nobody's"));
        await publishing.Should().ThrowAsync<RedisMessagingConfigurationException>().WithMessage("No topic*42:x*is registered*");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task A_new_member_of_another_process_is_read_from_its_first_message()
    {
        var consumer = await ConnectToFamilyAsync();
        var inbox = new Inbox();
        await consumer.SubscribeAsync<Note>(Family, inbox.HandleAsync);
        var publisher = await ConnectToFamilyAsync();

        for (var member = 0; member < 5; member++)
        {
            await publisher.PublishManyAsync($"logs:new{member}", Notes(20, first: 20 * member));
        }

        await Eventually.TrueAsync(() => inbox.Count == 100, within: TimeSpan.FromSeconds(7), what: "the bell is heard: the slow look comes after ten seconds");
        inbox.Numbers.Should().BeEquivalentTo(Enumerable.Range(0, 100));
        inbox.Contexts.Zip(inbox.Numbers).GroupBy(pair => pair.First.Channel).Should().OnlyContain(member => member.Select(pair => pair.Second).SequenceEqual(member.Select(pair => pair.Second).Order()), "each member keeps its order");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task What_was_published_while_nobody_subscribed_waits_for_the_family()
    {
        var bus = await ConnectToFamilyAsync();
        await bus.PublishManyAsync("logs:web", Notes(30));
        await bus.PublishManyAsync("logs:api", Notes(30, first: 30));
        var inbox = new Inbox();

        await (await ConnectToFamilyAsync()).SubscribeAsync<Note>(Family, inbox.HandleAsync);

        await inbox.HasAsync(60);
        inbox.Numbers.Should().BeEquivalentTo(Enumerable.Range(0, 60));
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task A_member_is_registered_before_anything_is_stored_in_it()
    {
        var bus = await ConnectToFamilyAsync();
        await (await DatabaseAsync()).StringSetAsync(MemberKey("logs:broken", DataName), "somebody else's");

        var publishing = async () => await bus.PublishToAsync("logs:broken", new Note("refused"));

        await publishing.Should().ThrowAsync<RedisMessagingConfigurationException>().WithMessage("*'logs:broken'*holds a string*");
        (await ListMembersAsync(bus)).Should().Equal("logs:broken");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task A_broken_member_does_not_stop_the_others_and_is_read_once_it_is_whole()
    {
        var publisher = await ConnectToFamilyAsync();
        await publisher.PublishToAsync("logs:a", new Note("first", 1));
        await publisher.PublishToAsync("logs:bad", new Note("lost with its key"));
        var database = await DatabaseAsync();
        var key = MemberKey("logs:bad", DataName);
        await database.KeyDeleteAsync(key);
        await database.StringSetAsync(key, "somebody else's");
        var inbox = new Inbox();

        await (await ConnectToFamilyAsync()).SubscribeAsync<Note>(Family, inbox.HandleAsync);
        await publisher.PublishToAsync("logs:b", new Note("second", 2));

        await inbox.HasAsync(2);
        Log.Lines.Should().Contain(line => line.Id == 9006 && line.Text.Contains("logs:bad", StringComparison.Ordinal));
        await database.KeyDeleteAsync(key);
        await publisher.PublishToAsync("logs:bad", new Note("third", 3));
        await inbox.HasAsync(3);
        inbox.Numbers.Should().BeEquivalentTo([1, 2, 3]);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task No_busy_member_keeps_the_others_waiting()
    {
        var bus = await ConnectToFamilyAsync();
        await bus.PublishManyAsync("logs:busy", Notes(1_000));
        await bus.PublishManyAsync("logs:quiet", Notes(5, first: 1_000));
        var inbox = new Inbox();

        await bus.SubscribeAsync<Note>(Family, inbox.HandleAsync, new SubscribeOptions { Prefetch = 20 });

        await inbox.HasAsync(1_005);
        inbox.Numbers.Where(number => number < 1_000).Should().BeInAscendingOrder();
        inbox.Numbers.Select((number, place) => (number, place)).Where(pair => pair.number >= 1_000).Should().OnlyContain(pair => pair.place < 500);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task Fifty_members_lose_nothing_with_a_small_prefetch_while_consumers_come_and_go()
    {
        const int Members = 50;
        const int Each = 100;
        var inbox = new Inbox();
        var first = await ConnectToFamilyAsync();
        var leaving = await first.SubscribeAsync<Note>(Family, inbox.HandleAsync, new SubscribeOptions { Prefetch = 10, Concurrency = 4 });
        var publisher = await ConnectToFamilyAsync();
        await Task.WhenAll(Enumerable.Range(0, Members).Select(member => publisher.PublishManyAsync($"logs:m{member}", Notes(Each, first: Each * member)).AsTask()));
        await inbox.HasAsync(500);
        await Eventually.EndsAsync(leaving.DisposeAsync().AsTask());

        await (await ConnectToFamilyAsync()).SubscribeAsync<Note>(Family, inbox.HandleAsync, new SubscribeOptions { Prefetch = 10, Concurrency = 4 });

        await Eventually.TrueAsync(() => inbox.Numbers.Distinct().Count() == Members * Each, within: TimeSpan.FromSeconds(25), what: "all are handled, without waiting for leases to end");
        inbox.Numbers.Should().OnlyHaveUniqueItems("whoever stops gives back what it has not handled");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Acks))]
    public async Task What_waits_its_turn_keeps_its_lease()
    {
        var bus = await ConnectToFamilyAsync(TimeSpan.FromSeconds(1));
        var mayGoOn = new TaskCompletionSource();
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(
            Family,
            async (note, context, token) =>
            {
                await mayGoOn.Task.WaitAsync(token);
                await inbox.HandleAsync(note, context, token);
            },
            new SubscribeOptions { Prefetch = 1 });
        for (var member = 0; member < 5; member++)
        {
            await bus.PublishManyAsync($"logs:m{member}", Notes(3, first: 3 * member));
        }

        // Two of each wait in this process by now. Another one sweeps what is held in silence.
        var other = new Inbox();
        await using (await (await ConnectToFamilyAsync(TimeSpan.FromSeconds(1))).SubscribeAsync<Note>(Family, other.HandleAsync))
        {
            await other.HasAsync(5);
            await Task.Delay(TimeSpan.FromSeconds(3));
        }

        mayGoOn.SetResult();
        await Eventually.TrueAsync(() => inbox.Count + other.Count >= 15);
        inbox.Numbers.Concat(other.Numbers).Should().BeEquivalentTo(Enumerable.Range(0, 15), "each is handled once");
        inbox.Contexts.Concat(other.Contexts).Should().OnlyContain(context => context.Attempt == 1);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Acks))]
    public async Task A_paused_subscription_to_a_family_keeps_nothing_from_others_and_goes_on_afterwards()
    {
        var bus = await ConnectToFamilyAsync();
        var inbox = new Inbox();
        var subscription = await bus.SubscribeAsync<Note>(Family, inbox.HandleAsync);
        await bus.PublishToAsync("logs:web", new Note("before", 0));
        await inbox.HasAsync(1);

        await subscription.PauseAsync();
        await bus.PublishManyAsync("logs:web", Notes(10, first: 1));
        await bus.PublishManyAsync("logs:api", Notes(10, first: 11));
        var other = new Inbox();
        await using (await (await ConnectToFamilyAsync()).SubscribeAsync<Note>(Family, other.HandleAsync))
        {
            await other.HasAsync(20);
        }

        inbox.Count.Should().Be(1);
        other.Numbers.Should().BeEquivalentTo(Enumerable.Range(1, 20));
        await bus.PublishToAsync("logs:api", new Note("after", 21));
        await subscription.ResumeAsync();
        await inbox.HasAsync(2);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Acks))]
    public async Task A_message_of_a_member_is_retried_kept_aside_and_redriven_within_its_member()
    {
        var bus = await ConnectToFamilyAsync();
        var attempts = new ConcurrentQueue<(string Channel, int Attempt)>();
        var isMended = false;
        await bus.SubscribeAsync<Note>(
            Family,
            (note, context, _) =>
            {
                attempts.Enqueue((context.Channel, context.Attempt));
                return Volatile.Read(ref isMended) || note.Text == "good" ? ValueTask.CompletedTask : throw new InvalidOperationException("Not yet.");
            },
            FailsAfter(2, "audit"));

        await bus.PublishToAsync("logs:web", new Note("bad"));
        await bus.PublishToAsync("logs:api", new Note("good"));
        await Eventually.TrueAsync(async () => await bus.Topic("logs:web").DeadLetters.CountAsync() == 1);
        var letter = (await bus.Topic("logs:web").DeadLetters.PeekAsync())[0];
        Volatile.Write(ref isMended, true);
        (await bus.Topic("logs:web").DeadLetters.RedriveAsync(letter.Id)).Should().BeTrue();

        await Eventually.TrueAsync(() => attempts.Count == 4);
        attempts.Where(attempt => attempt.Channel == "logs:web").Should().Equal(("logs:web", 1), ("logs:web", 2), ("logs:web", 1));
        letter.Reason.Should().Be("max-attempts");
        (await bus.Topic("logs:api").DeadLetters.CountAsync()).Should().Be(0);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Scheduling))]
    public async Task A_message_scheduled_to_a_member_comes_when_it_is_due()
    {
        var publisher = await ConnectToFamilyAsync();
        await publisher.PublishToAsync("logs:web", new Note("much later"), new PublishOptions { Delay = TimeSpan.FromHours(1), MessageId = "late" });
        await publisher.PublishToAsync("logs:web", new Note("later"), new PublishOptions { Delay = TimeSpan.FromSeconds(1) });
        var inbox = new Inbox();
        await (await ConnectToFamilyAsync()).SubscribeAsync<Note>(Family, inbox.HandleAsync);

        await inbox.HasAsync(1);

        inbox.Notes.Should().Equal(new Note("later"));
        (await publisher.Topic("logs:web").Scheduled.PeekAsync()).Should().ContainSingle().Which.MessageId.Should().Be("late");
        (await publisher.Topic("logs:web").Scheduled.CancelAsync("late")).Should().BeTrue();
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Acks))]
    public async Task Each_member_has_an_inbox_of_its_own()
    {
        var bus = await ConnectAsync(messaging => Fixture.AddTopic(messaging, Family, WithoutWindow, null));
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Family, inbox.HandleAsync, new SubscribeOptions { Group = "audit", InboxWindow = TimeSpan.FromMinutes(5) });
        var options = new PublishOptions { MessageId = "order-1" };

        await bus.PublishToAsync("logs:web", new Note("first"), options);
        await inbox.HasAsync(1);
        await Eventually.TrueAsync(async () => await (await DatabaseAsync()).SortedSetLengthAsync(MemberKey("logs:web", "inbox:audit")) == 1);
        await bus.PublishToAsync("logs:web", new Note("again"), options);
        await bus.PublishToAsync("logs:api", new Note("another member's"), options);
        await bus.PublishToAsync("logs:web", new Note("last"));

        await inbox.HasAsync(new Note("last"));
        await inbox.HasAsync(3);
        inbox.Notes.Should().BeEquivalentTo([new Note("first"), new Note("another member's"), new Note("last")]);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task A_family_lists_its_members_and_leaves_the_rest_to_them()
    {
        var bus = await ConnectToFamilyAsync();
        foreach (var service in new[] { "web", "api", "web", "mail" })
        {
            await bus.PublishToAsync("logs:" + service, new Note("line"));
        }

        await using (await bus.SubscribeAsync<Note>("logs:subscribed", new Inbox().HandleAsync))
        {
        }

        var family = bus.Topic(Family);
        (await ListMembersAsync(bus)).Should().Equal("logs:web", "logs:api", "logs:mail", "logs:subscribed");
        family.Capabilities.Should().Be(bus.Topic("logs:web").Capabilities);
        family.Invoking(topic => topic.DeadLetters).Should().Throw<NotSupportedException>().WithMessage("*'logs:{service}'*members*Topic(\"logs:42\")*");
        bus.Topic("logs:web").Name.Should().Be("logs:web");
        bus.Invoking(someone => someone.Topic(Topic).AsFamily().ListMembersAsync()).Should().Throw<NotSupportedException>().WithMessage("*'notes'*no members*");
        if (Fixture.Capabilities.History)
        {
            (await bus.Topic("logs:web").AsStream().SummarizeHistoryAsync()).Count.Should().Be(2);
            await foreach (var entry in bus.Topic("logs:mail").AsStream().ReadHistoryAsync<Note>())
            {
                (entry.Context!.Topic, entry.Context.Channel, entry.Context.Parameters["service"]).Should().Be((Family, "logs:mail", "mail"));
            }
        }
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Groups))]
    public async Task A_group_of_a_family_that_starts_with_what_is_new_misses_nothing_afterwards()
    {
        var publisher = await ConnectToFamilyAsync();
        await publisher.PublishToAsync("logs:old", new Note("before", 1));
        var inbox = new Inbox();
        var options = new SubscribeOptions { Group = "late", StartAt = StartPosition.New };
        await using (await (await ConnectToFamilyAsync()).SubscribeAsync<Note>(Family, inbox.HandleAsync, options))
        {
            await publisher.PublishToAsync("logs:old", new Note("then", 2));
            await publisher.PublishToAsync("logs:new", new Note("a new member's first", 3));
            await inbox.HasAsync(2);
        }

        await publisher.PublishToAsync("logs:newer", new Note("published to while nobody was there", 4));
        await (await ConnectToFamilyAsync()).SubscribeAsync<Note>(Family, inbox.HandleAsync, options);

        await inbox.HasAsync(3);
        inbox.Numbers.Should().BeEquivalentTo([2, 3, 4]);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Groups))]
    public async Task Broadcast_over_a_family_gives_every_process_what_is_new_and_new_members_from_their_beginning()
    {
        var publisher = await ConnectToFamilyAsync();
        await publisher.PublishToAsync("logs:old", new Note("before", 1));
        Inbox[] inboxes = [new(), new()];
        foreach (var inbox in inboxes)
        {
            await (await ConnectToFamilyAsync()).SubscribeAsync<Note>(Family, inbox.HandleAsync, new SubscribeOptions { Broadcast = true });
        }

        await publisher.PublishToAsync("logs:old", new Note("then", 2));
        await publisher.PublishToAsync("logs:new", new Note("a new member's first", 3));

        foreach (var inbox in inboxes)
        {
            await inbox.HasAsync(2);
            inbox.Numbers.Should().BeEquivalentTo([2, 3]);
        }
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Acks))]
    public async Task A_group_may_not_share_a_family_with_a_member_s_consumer_of_other_types()
    {
        var bus = await ConnectAsync(messaging => Fixture.AddTopic(messaging, Family, options => options.Carries<Note>().Carries<Alarm>(), null));
        await bus.SubscribeAsync<Note>("logs:web", new Inbox().HandleAsync);

        await using (await bus.SubscribeAsync<Alarm>("logs:api", (_, _, _) => ValueTask.CompletedTask))
        {
        }

        var subscribing = async () => await bus.SubscribeAsync<Alarm>(Family, (_, _, _) => ValueTask.CompletedTask);
        await subscribing.Should().ThrowAsync<RedisMessagingConfigurationException>().WithMessage("*'Alarm'*same group*");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task A_server_killed_and_restarted_delivers_what_a_family_s_members_accepted()
    {
        await using var server = await RedisServer.StartPrivateAsync(appendOnly: true);
        Server = server;
        var inbox = new Inbox();
        var consumer = await ConnectToFamilyAsync(TimeSpan.FromSeconds(2));
        await consumer.SubscribeAsync<Note>(Family, inbox.HandleAsync, new SubscribeOptions { Concurrency = 4, Prefetch = 10 });
        var publisher = await ConnectToFamilyAsync(TimeSpan.FromSeconds(2));
        var isKilled = false;
        var accepted = await PublishThroughRestartAsync(
            server,
            200,
            // After the restart there are members that nobody had heard of before.
            async number => await publisher.PublishToAsync($"logs:{(Volatile.Read(ref isKilled) ? "late" : "early")}{number % 8}", new Note("published", number)),
            killed: () => Volatile.Write(ref isKilled, true));

        await Eventually.TrueAsync(() => accepted.Except(inbox.Numbers).Any() == false, within: TimeSpan.FromSeconds(60), what: "everything accepted arrives");
        foreach (var bus in new[] { consumer, publisher })
        {
            await Eventually.EndsAsync(bus.DisposeAsync().AsTask());
        }
    }

    [ContractFact]
    public async Task A_member_may_be_called_what_users_are_called()
    {
        string[] values = ["bob@example.com", "auth0|5f", "서연", "a+b", "a b", " ", "#1", "'\"`$%^&()=~,;<>!", "😀", "é", "e\u0301", new string('x', 300)];
        var bus = await ConnectToFamilyAsync();
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Family, inbox.HandleAsync);

        foreach (var value in values)
        {
            await bus.PublishToAsync("logs:" + value, new Note(value));
        }

        await inbox.HasAsync(values.Length);
        inbox.Notes.Select(note => note.Text).Should().BeEquivalentTo(values);
        inbox.Contexts.Zip(inbox.Notes).Should().OnlyContain(pair => pair.First.Channel == "logs:" + pair.Second.Text && pair.First.Parameters["service"] == pair.Second.Text);
        if (Fixture.Capabilities.Durable)
        {
            (await ListMembersAsync(bus)).Should().BeEquivalentTo(values.Select(value => "logs:" + value));
        }

        // One of them alone, over a connection that is named after it.
        var one = new Inbox();
        var other = await ConnectToFamilyAsync();
        await bus.DisposeAsync();
        await other.SubscribeAsync<Note>("logs:서연", one.HandleAsync);
        await other.PublishToAsync("logs:서연", new Note("alone"));
        await one.HasAsync(new Note("alone"));
    }

    [ContractFact]
    public async Task What_no_member_may_be_called_is_a_bad_argument()
    {
        var bus = await ConnectToFamilyAsync();
        foreach (var value in new[] { "a{b", "a*", "a?", "[a]", "a\\b", "a\nb", "a\ud83d" })
        {
            var member = "logs:" + value;
            await FluentActions.Awaiting(async () => await bus.PublishToAsync(member, new Note("x"))).Should().ThrowAsync<ArgumentException>();
            await FluentActions.Awaiting(async () => await bus.PublishManyAsync(member, [new Note("x")])).Should().ThrowAsync<ArgumentException>();
            await FluentActions.Awaiting(async () => await bus.SubscribeAsync<Note>(member, (_, _, _) => ValueTask.CompletedTask)).Should().ThrowAsync<ArgumentException>();
            await FluentActions.Awaiting(async () => await bus.RequestAsync<Note, Sum>(new Note("x"), new RequestOptions { Topic = member })).Should().ThrowAsync<ArgumentException>();
            FluentActions.Invoking(() => bus.Topic(member)).Should().Throw<ArgumentException>();
            FluentActions.Invoking(() => bus.ReadAsync<Note>(member)).Should().Throw<ArgumentException>();
        }
    }

    /// <summary>The key's name that messages are stored under.</summary>
    private string DataName => Fixture.Kind == TransportKind.Queue ? "queue" : "stream";

    private string MemberKey(string member, string name) => new TopicKeys(Prefix, member)[name].ToString();

    private static async Task<List<string>> ListMembersAsync(RedisMessageBus bus)
    {
        var members = new List<string>();
        await foreach (var member in bus.Topic(Family).AsFamily().ListMembersAsync())
        {
            members.Add(member);
        }

        return members;
    }

    private Task<RedisMessageBus> ConnectToFamilyAsync(TimeSpan? lease = null) => ConnectAsync(messaging => Fixture.AddTopic(messaging, Family, options => options.Carries<Note>(), lease));
}
