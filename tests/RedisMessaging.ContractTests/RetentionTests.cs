using System.Collections.Concurrent;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>How long a stream keeps its entries, and for whom.</summary>
public sealed class RetentionTests(ITestOutputHelper output) : ContractTest(new StreamFixture(), "resp3", output)
{
    private const int GroupAbandoned = 12024;
    private const int TrimmedUnread = 12025;
    private const int GroupBack = 12026;
    private const int LeftToConsumers = 12028;
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_live_group_that_stands_still_loses_nothing_under_load()
    {
        const int count = 4_000;
        using var unread = new Counted("redismessaging.retention.trimmed_unread", Topic);
        var bus = await ConnectAsync(new Retention { MaxLength = 500, AbandonedAfter = Lease * 3 });
        var quick = new Inbox();
        var slow = new Inbox();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await bus.SubscribeAsync<Note>(Topic, quick.HandleAsync, new SubscribeOptions { Group = "quick" });
        await bus.SubscribeAsync<Note>(
            Topic,
            async (note, context, token) =>
            {
                await release.Task.WaitAsync(token);
                await slow.HandleAsync(note, context, token);
            },
            new SubscribeOptions { Group = "slow" });

        await PublishAsync(bus, count / 2);
        // Longer than a group without a consumer is waited for: this one shows itself by its renewals alone.
        await Task.Delay(Lease * 4);
        await PublishAsync(bus, count / 2, count / 2);
        await quick.HasAsync(count);

        (await bus.Topic(Topic).AsStream().TrimAsync()).Should().Be(new TrimResult(0, 0));
        (await LengthAsync()).Should().Be(count);
        release.SetResult();
        await slow.HasAsync(count);
        slow.Numbers.Should().Equal(Enumerable.Range(0, count));
        await Eventually.TrueAsync(async () => await LengthAsync() <= 600, what: "the stream is trimmed by the consumers' sweeps");
        unread.Total.Should().Be(0);
        Log.Lines.Should().NotContain(line => line.Id == GroupAbandoned || line.Id == TrimmedUnread);
    }

    [Fact]
    public async Task Force_trims_what_a_group_has_yet_to_handle_and_counts_every_entry()
    {
        const int count = 5_000;
        using var unread = new Counted("redismessaging.retention.trimmed_unread", Topic);
        using var trimmed = new Counted("redismessaging.retention.trimmed", Topic);
        var bus = await ConnectAsync(new Retention { MaxLength = 1_000, Force = true });
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, HandledAfter(release, inbox), OneAtATime("slow"));

        await PublishAsync(bus, count);

        // A hundred that a publisher may have added since, a batch of it, a node.
        await Eventually.TrueAsync(async () => await LengthAsync() < 1_500, what: "the stream is trimmed under the group");
        // All of it but the one in hand is unread.
        await Eventually.TrueAsync(async () => unread.Total == count - await LengthAsync() && trimmed.Total == unread.Total, what: "what was removed is counted, not more and not less");
        Log.Lines.Should().Contain(line => line.Id == TrimmedUnread && line.Text.Contains("slow", StringComparison.Ordinal));
        var left = (int)await LengthAsync();
        release.SetResult();
        await inbox.HasAsync(left + 1);
        inbox.Numbers.Skip(1).Should().Equal(Enumerable.Range(count - left, left));
    }

    [Fact]
    public async Task An_abandoned_group_is_announced_once_and_then_memory_stays_bounded()
    {
        using var unread = new Counted("redismessaging.retention.trimmed_unread", Topic);
        using var announced = new Counted("redismessaging.retention.abandoned_groups", Topic);
        var retention = new Retention { MaxLength = 1_000, AbandonedAfter = Lease };
        var buses = new[] { await ConnectAsync(retention), await ConnectAsync(retention) };
        await (await buses[0].SubscribeAsync<Note>(Topic, (_, _, _) => ValueTask.CompletedTask, new SubscribeOptions { Group = "gone" })).DisposeAsync();

        var published = 0;
        await Eventually.TrueAsync(async () =>
        {
            // Two processes flood the topic.
            await Task.WhenAll(buses.Select((bus, i) => PublishAsync(bus, 500, published + (i * 500))));
            published += 1_000;
            return published >= 5_000 && await LengthAsync() < 2_000;
        });
        for (var i = 0; i < 10; i++)
        {
            await Task.WhenAll(buses.Select(bus => PublishAsync(bus, 500, published)));
            published += 1_000;
            (await LengthAsync()).Should().BeLessThan(8_000, "trimming goes on beside publishing");
        }

        await Eventually.TrueAsync(async () => await LengthAsync() < 2_000, what: "as many as two publishers may leave");
        announced.Total.Should().Be(1);
        Log.Lines.Should().ContainSingle(line => line.Id == GroupAbandoned).Which.Text.Should().Contain("gone");
        foreach (var bus in buses)
        {
            // Says first what it has trimmed.
            await bus.DisposeAsync();
        }

        var missed = unread.Total;
        missed.Should().Be(published - await LengthAsync());

        // Its consumer comes back: it is told what it missed, and is a group like any other.
        var inbox = new Inbox();
        var later = await ConnectAsync(retention with { AbandonedAfter = TimeSpan.FromMinutes(1) });
        var consumer = await later.SubscribeAsync<Note>(Topic, inbox.HandleAsync, new SubscribeOptions { Group = "gone" });
        await inbox.HasAsync((int)(published - missed));
        Log.Lines.Should().ContainSingle(line => line.Id == GroupBack).Which.Text.Should().Contain($" {missed} ");
        await consumer.DisposeAsync();
        await PublishAsync(later, 2_000);
        (await later.Topic(Topic).AsStream().TrimAsync()).Unhandled.Should().Be(0);
        (await LengthAsync()).Should().BeGreaterThanOrEqualTo(2_000);
        unread.Total.Should().Be(missed);
    }

    [Fact]
    public async Task Exact_means_not_one_more_whoever_publishes_and_however()
    {
        var retention = new Retention { MaxLength = 10, Exact = true };
        var buses = new[] { await ConnectAsync(retention), await ConnectAsync(retention) };
        for (var number = 0; number < 30; number++)
        {
            await buses[number % 2].PublishAsync(new Note("one", number));
            (await LengthAsync()).Should().Be(Math.Min(number + 1, 10));
        }

        await PublishAsync(buses[0], 250);
        (await LengthAsync()).Should().Be(10);
        await buses[1].PublishAsync(new Note("with an id"), new PublishOptions { MessageId = "id" });
        (await LengthAsync()).Should().Be(10);
        for (var number = 0; number < 3; number++)
        {
            var text = $"later {number}";
            await buses[1].PublishAsync(new Note(text), new PublishOptions { Delay = TimeSpan.FromMilliseconds(1) });
            await Eventually.TrueAsync(async () => (await HistoryAsync(buses[0])).Contains(text));
            await Eventually.TrueAsync(async () => await LengthAsync() == 10);
        }

        await buses[0].Topic(Topic).AsStream().Groups.CreateAsync("reader", HistoryPoint.Beginning);
        await PublishAsync(buses[0], 50);
        (await LengthAsync()).Should().Be(60, "what a group has not read stays, exact or not");
    }

    [Fact]
    public async Task Entries_go_when_they_are_too_old_even_without_a_publisher()
    {
        var bus = await ConnectAsync(new Retention { MaxAge = TimeSpan.FromMilliseconds(200) });
        var publisher = await ConnectAsync(new Retention { MaxAge = TimeSpan.FromMilliseconds(200) });
        await PublishAsync(publisher, 25);
        await publisher.DisposeAsync();
        var inbox = new Inbox();
        var subscription = await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        await inbox.HasAsync(25);

        await Eventually.TrueAsync(async () => await LengthAsync() == 0);

        await subscription.DisposeAsync();
        await PublishAsync(bus, 5);
        await Task.Delay(TimeSpan.FromMilliseconds(300));
        (await bus.Topic(Topic).AsStream().TrimAsync()).Removed.Should().Be(0, "a group has not read them");
        (await LengthAsync()).Should().Be(5);
    }

    [Fact]
    public async Task For_ever_is_for_ever()
    {
        var bus = await ConnectAsync(Retention.Forever);
        await (await DatabaseAsync()).StreamCreateConsumerGroupAsync(Key("stream"), "from outside", "0-0");
        await PublishAsync(bus, 3_000);

        (await bus.Topic(Topic).AsStream().TrimAsync()).Should().Be(new TrimResult(0, 0));

        (await LengthAsync()).Should().Be(3_000);
        (await (await DatabaseAsync()).KeyExistsAsync(Key("groups:seen"))).Should().BeFalse("nobody looks at the groups");
    }

    [Fact]
    public async Task A_topic_that_nobody_consumes_is_trimmed_by_its_publishers_also_by_those_that_publish_little()
    {
        for (var i = 0; i < 6; i++)
        {
            var bus = await ConnectAsync(new Retention { MaxLength = 100 });
            await PublishAsync(bus, 90);
            await bus.DisposeAsync();
        }

        (await LengthAsync()).Should().BeLessThan(6 * 90);
        var last = await ConnectAsync(new Retention { MaxLength = 100 });
        await PublishAsync(last, 2_000);
        await Eventually.TrueAsync(async () => await LengthAsync() <= 600);
    }

    [Fact]
    public async Task Trimming_by_hand_tells_what_it_removed_and_what_was_not_handled()
    {
        var bus = await ConnectAsync(Retention.Forever);
        var topic = bus.Topic(Topic);
        var inbox = new Inbox();
        var subscription = await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync, new SubscribeOptions { Group = "done" });
        await PublishAsync(bus, 130);
        await inbox.HasAsync(130);
        await Eventually.TrueAsync(async () => (await topic.AsStream().Groups.ListAsync()).Single().Pending == 0);
        await subscription.DisposeAsync();
        await PublishAsync(bus, 120);

        (await topic.AsStream().TrimAsync(new Retention { MaxLength = 240, Exact = true })).Should().Be(new TrimResult(10, 0));
        (await topic.AsStream().TrimAsync(new Retention { MaxLength = 0, Exact = true })).Should().Be(new TrimResult(120, 0), "the rest is unread");
        (await LengthAsync()).Should().Be(120);

        // One of them is pending now.
        await using var reading = bus.ReadAsync<Note>(Topic, OneAtATime("done")).GetAsyncEnumerator();
        (await reading.MoveNextAsync()).Should().BeTrue();
        await topic.AsStream().Groups.CreateAsync("other", (await topic.AsStream().SummarizeHistoryAsync()).Last!);
        (await topic.AsStream().TrimAsync(new Retention { MaxLength = 0, Exact = true })).Should().Be(new TrimResult(0, 0));
        (await topic.AsStream().TrimAsync(new Retention { MaxLength = 50, Exact = true, Force = true })).Should().Be(new TrimResult(70, 70));
        (await topic.AsStream().TrimAsync(new Retention { MaxLength = 0, Exact = true, Force = true })).Should().Be(new TrimResult(50, 51), "the last one is counted for each of the two groups");
        await FluentActions.Awaiting(async () => await topic.AsStream().TrimAsync(new Retention { MaxLength = -1 })).Should().ThrowAsync<ArgumentOutOfRangeException>();
    }

    [Fact]
    public async Task What_is_trimmed_while_its_consumer_has_it_is_handled_and_no_dead_letter()
    {
        const int count = 20;
        var bus = await ConnectAsync(new Retention { MaxLength = 100, Force = true });
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, HandledAfter(release, inbox), new SubscribeOptions { Group = "g" });
        await PublishAsync(bus, count);
        var topic = bus.Topic(Topic);
        await Eventually.TrueAsync(async () => (await topic.AsStream().Groups.ListAsync()).Single().Pending == count);

        (await topic.AsStream().TrimAsync(new Retention { MaxLength = 0, Exact = true, Force = true })).Should().Be(new TrimResult(count, count));
        await Eventually.TrueAsync(async () => (await topic.AsStream().Groups.ListAsync()).Single().Pending == 0, what: "a sweep finds that they are gone");

        release.SetResult();
        await inbox.HasAsync(count);
        (await topic.DeadLetters.CountAsync()).Should().Be(0, "the messages were here all the time");
    }

    [Fact]
    public async Task What_was_acked_ahead_of_a_pending_entry_is_not_counted_as_unhandled()
    {
        var bus = await ConnectAsync(Retention.Forever);
        await PublishAsync(bus, 10);
        await using var reading = bus.ReadAsync<Note>(Topic, new SubscribeOptions { Group = "g" }).GetAsyncEnumerator();
        for (var i = 0; i < 5; i++)
        {
            (await reading.MoveNextAsync()).Should().BeTrue();
            if (i is not 1)
            {
                await reading.Current.AckAsync();
            }
        }

        var topic = bus.Topic(Topic);
        (await topic.AsStream().TrimAsync(new Retention { MaxLength = 0, Exact = true })).Removed.Should().Be(1, "the second one is pending");
        // Prefetched, the second, and the sixth to the tenth are pending.
        (await topic.AsStream().TrimAsync(new Retention { MaxLength = 0, Exact = true, Force = true })).Should().Be(new TrimResult(9, 6));
    }

    [Fact]
    public async Task One_entry_is_deleted_unless_a_group_needs_it()
    {
        using var unread = new Counted("redismessaging.retention.trimmed_unread", Topic);
        var bus = await ConnectAsync(new Retention());
        var topic = bus.Topic(Topic);
        var published = await bus.PublishManyAsync(Notes(3));
        (await topic.AsStream().DeleteAsync(published[0].Position!)).Should().BeTrue("there is no group");
        (await topic.AsStream().DeleteAsync(published[0].Position!)).Should().BeFalse();

        await topic.AsStream().Groups.CreateAsync("late", HistoryPoint.Beginning);
        await FluentActions.Awaiting(async () => await topic.AsStream().DeleteAsync(published[1].Position!)).Should().ThrowAsync<ConsumerGroupException>().WithMessage($"*{published[1].Position}*'{Topic}*'late'*not read*force*");
        await using (var reading = bus.ReadAsync<Note>(Topic, OneAtATime("late")).GetAsyncEnumerator())
        {
            (await reading.MoveNextAsync()).Should().BeTrue();
            await FluentActions.Awaiting(async () => await topic.AsStream().DeleteAsync(published[1].Position!)).Should().ThrowAsync<ConsumerGroupException>().WithMessage("*'late'*pending*");
            await reading.Current.AckAsync();
        }

        (await topic.AsStream().DeleteAsync(published[1].Position!)).Should().BeTrue("it is handled");
        unread.Total.Should().Be(0);
        await topic.AsStream().Groups.SeekAsync("late", published[2].Position!);
        (await topic.AsStream().DeleteAsync(published[2].Position!, force: true)).Should().BeTrue();
        unread.Total.Should().Be(1);
        (await LengthAsync()).Should().Be(0);
        await FluentActions.Awaiting(async () => await topic.AsStream().DeleteAsync("yesterday")).Should().ThrowAsync<ArgumentException>();
    }

    [Theory]
    [InlineData("rewound")]
    [InlineData("broadcast")]
    [InlineData("lost")]
    public async Task So_does_a_group_that_is(string kind)
    {
        var bus = await ConnectAsync(new Retention());
        var topic = bus.Topic(Topic);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await PublishAsync(bus, 200);
        switch (kind)
        {
            case "rewound":
                await topic.AsStream().Groups.CreateAsync("g", HistoryPoint.Open);
                (await topic.AsStream().TrimAsync(new Retention { MaxLength = 150, Exact = true })).Removed.Should().Be(50);
                await topic.AsStream().Groups.SeekAsync("g", HistoryPoint.Beginning);
                break;
            case "broadcast":
                await bus.SubscribeAsync<Note>(Topic, async (_, _, token) => await release.Task.WaitAsync(token), new SubscribeOptions { Broadcast = true, StartAt = StartPosition.Beginning, Prefetch = 1 });
                break;
            case "lost":
                await topic.AsStream().Groups.CreateAsync("g", HistoryPoint.Beginning);
                await (await DatabaseAsync()).StreamDeleteConsumerGroupAsync(Key("stream"), "g");
                break;
        }

        (await topic.AsStream().TrimAsync(new Retention { MaxLength = 0, Exact = true })).Should().Be(new TrimResult(0, 0));

        release.SetResult();
        await topic.AsStream().Groups.DeleteAsync("g", force: true);
        if (kind == "lost")
        {
            // It is in no list any more, and is waited for as long as a group is that was deleted by mistake.
            await (await DatabaseAsync()).HashDeleteAsync(Key("groups:seen"), "g");
        }

        if (kind != "broadcast")
        {
            (await topic.AsStream().TrimAsync(new Retention { MaxLength = 0, Exact = true })).Removed.Should().BeGreaterThanOrEqualTo(150);
        }
    }

    [Fact]
    public async Task A_restart_of_the_server_loses_nothing_of_a_group_that_stands_still()
    {
        await using var server = await RedisServer.StartPrivateAsync(appendOnly: true);
        Server = server;
        var bus = await ConnectAsync(new Retention { MaxLength = 500 });
        var numbers = new ConcurrentDictionary<int, bool>();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await bus.SubscribeAsync<Note>(
            Topic,
            async (note, _, token) =>
            {
                await release.Task.WaitAsync(token);
                numbers.TryAdd(note.Number, true);
            },
            new SubscribeOptions { Group = "slow" });
        await PublishAsync(bus, 1_500);

        await server.RestartAsync();
        await Eventually.TrueAsync(async () => await PublishesAsync(bus, new Note("after", 1_500)));
        await PublishAsync(bus, 499, 1_501);
        (await bus.Topic(Topic).AsStream().TrimAsync()).Unhandled.Should().Be(0);
        release.SetResult();

        await Eventually.TrueAsync(() => numbers.Count == 2_000, what: "all are handled");
        await Eventually.TrueAsync(async () => await LengthAsync() <= 600, what: "the stream is trimmed once the group goes on");
    }

    [Fact]
    public async Task A_full_server_is_trimmed()
    {
        await using var server = await RedisServer.StartPrivateAsync(appendOnly: false);
        Server = server;
        var bus = await ConnectAsync(Retention.Forever);
        await PublishAsync(bus, 1_000);
        await TellAsync("CONFIG", "SET", "maxmemory", "1mb");
        await FluentActions.Awaiting(async () => await bus.PublishAsync(new Note("full"))).Should().ThrowAsync<PublishException>();

        (await bus.Topic(Topic).AsStream().TrimAsync(new Retention { MaxLength = 10, Exact = true })).Removed.Should().Be(990);
    }

    [Fact]
    public async Task A_publisher_that_may_not_trim_says_so_once_and_publishes_on()
    {
        var user = $"publisher-{Guid.NewGuid():N}";
        await TellAsync("ACL", "SETUSER", user, "on", ">secret", "~*", "&*", "+@connection", "+xadd", "+info", "+config|get", "+client", "+cluster");
        var bus = await ConnectAsync(topic: options => ((StreamOptions)options.Carries<Note>()).Retention = new Retention { MaxLength = 100 }, connection: $"{ConnectionString},user={user},password=secret");

        await PublishAsync(bus, 150);
        await Eventually.TrueAsync(() => Log.Lines.Any(line => line.Id == LeftToConsumers));
        await PublishAsync(bus, 500);

        (await LengthAsync()).Should().Be(650);
        Log.Lines.Should().ContainSingle(line => line.Id == LeftToConsumers);
        var consumer = await ConnectAsync(new Retention { MaxLength = 100 });
        await consumer.SubscribeAsync<Note>(Topic, (_, _, _) => ValueTask.CompletedTask);
        await Eventually.TrueAsync(async () => await LengthAsync() <= 200, what: "a consumer does it");
        await TellAsync("ACL", "DELUSER", user);
    }

    [Fact]
    public async Task Deleting_on_ack_leaves_nothing_behind_and_loses_nothing()
    {
        var bus = await ConnectAsync(new Retention(), deleteOnAck: true);
        var attempts = new ConcurrentDictionary<int, int>();
        var options = new SubscribeOptions { InboxWindow = TimeSpan.FromMinutes(1) };
        options.Retry.MaxAttempts = 2;
        options.Retry.Delay = TimeSpan.FromMilliseconds(20);
        await bus.SubscribeAsync<Note>(
            Topic,
            (note, _, _) => attempts.AddOrUpdate(note.Number, 1, (_, before) => before + 1) is 1 && note.Number % 10 is 0 || note.Number % 100 is 0
                ? throw new InvalidOperationException("Not now.")
                : ValueTask.CompletedTask,
            options);

        await PublishAsync(bus, 1_000);

        await Eventually.TrueAsync(async () => attempts.Count == 1_000 && await bus.Topic(Topic).DeadLetters.CountAsync() == 10 && await LengthAsync() == 0);
        await Eventually.TrueAsync(async () => await (await DatabaseAsync()).StreamLengthAsync(Key("retry:contract")) == 0);
        await Eventually.TrueAsync(() => attempts.Where(pair => pair.Key % 10 == 0).All(pair => pair.Value == 2), what: "each of those that failed is tried twice");
        // From the dead letters, too, nothing comes back into the stream.
        (await bus.Topic(Topic).DeadLetters.RedriveAllAsync(_ => true)).Should().Be(10);
        await Eventually.TrueAsync(async () => await bus.Topic(Topic).DeadLetters.CountAsync() == 10 && attempts[0] == 4);
        (await LengthAsync()).Should().Be(0);
    }

    [Fact]
    public async Task What_a_consumer_gives_back_is_deleted_from_the_stream_and_handled_by_the_next()
    {
        var bus = await ConnectAsync(new Retention(), deleteOnAck: true);
        await using (var reading = bus.ReadAsync<Note>(Topic).GetAsyncEnumerator())
        {
            await PublishAsync(bus, 50);
            (await reading.MoveNextAsync()).Should().BeTrue();
            await Eventually.TrueAsync(async () => (await bus.Topic(Topic).AsStream().Groups.ListAsync()).Single().Pending == 50);
        }

        (await LengthAsync()).Should().Be(0, "all of it waits in the retry stream");
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        await inbox.HasAsync(50);
        inbox.Numbers.Should().BeEquivalentTo(Enumerable.Range(0, 50));
    }

    private Task<RedisMessageBus> ConnectAsync(Retention retention, bool deleteOnAck = false) => ConnectAsync(
        topic: options =>
        {
            var stream = (StreamOptions)options.Carries<Note>();
            stream.Retention = retention;
            stream.DeleteOnAck = deleteOnAck;
        },
        lease: Lease);

    private async Task<long> LengthAsync() => await (await DatabaseAsync()).StreamLengthAsync(Key("stream"));

    private static async Task<List<string>> HistoryAsync(RedisMessageBus bus)
    {
        var texts = new List<string>();
        await foreach (var entry in bus.Topic(Topic).AsStream().ReadHistoryAsync<Note>())
        {
            texts.Add(entry.Message.Text);
        }

        return texts;
    }

    private static async Task PublishAsync(RedisMessageBus bus, int count, int first = 0)
    {
        for (var done = 0; done < count; done += 250)
        {
            await bus.PublishManyAsync(Topic, Notes(Math.Min(250, count - done), first + done));
        }
    }

    private static MessageHandler<Note> HandledAfter(TaskCompletionSource release, Inbox inbox) => async (note, context, token) =>
    {
        await release.Task.WaitAsync(token);
        await inbox.HandleAsync(note, context, token);
    };
}
