namespace RedisMessaging.ContractTests;

/// <summary>Consumer groups as an operator sees and handles them.</summary>
public abstract partial class TransportContract<TFixture>
{
    [ContractFact(Requires = nameof(TransportCapabilities.Groups))]
    public async Task Groups_tell_their_consumers_lag_and_pending()
    {
        var bus = await ConnectAsync();
        var groups = bus.Topic(Topic).AsStream().Groups;
        (await groups.ListAsync()).Should().BeEmpty();
        var hold = new TaskCompletionSource();
        await bus.SubscribeAsync<Note>(Topic, async (_, _, token) => await hold.Task.WaitAsync(token), OneAtATime("slow"));
        await bus.SubscribeAsync<Note>(Topic, (_, _, _) => ValueTask.CompletedTask, new SubscribeOptions { Group = "quick" });

        var published = await bus.PublishManyAsync(Notes(5));

        await Eventually.TrueAsync(async () => await GroupAsync("slow") is { Pending: 1, Lag: 4 } && await GroupAsync("quick") is { Pending: 0, Lag: 0 });
        var slow = await GroupAsync("slow");
        (slow.Consumers, slow.Retrying, slow.LastDelivered, slow.IsBroadcast).Should().Be((1, 0, published[0].Position!, false));
        var consumer = (await groups.ListConsumersAsync("slow")).Single();
        consumer.Pending.Should().Be(1);
        var pending = (await groups.PeekPendingAsync("slow")).Single();
        (pending.Position, pending.Consumer, pending.Deliveries).Should().Be((published[0].Position!, consumer.Name, 1));
        (await groups.PeekPendingAsync("slow", after: pending.Position)).Should().BeEmpty();
        hold.SetResult();
        await Eventually.TrueAsync(async () => await GroupAsync("slow") is { Pending: 0, Lag: 0 });

        async Task<ConsumerGroupInfo> GroupAsync(string name) => (await groups.ListAsync()).Single(group => group.Name == name);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Groups))]
    public async Task A_group_is_rewound_and_its_inbox_does_not_swallow_that()
    {
        var bus = await ConnectAsync();
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync, new SubscribeOptions { Group = "billing", InboxWindow = TimeSpan.FromHours(1) });
        var published = await bus.PublishManyAsync(Notes(5));
        await inbox.HasAsync(5);
        var groups = bus.Topic(Topic).AsStream().Groups;
        await Eventually.TrueAsync(async () => (await groups.ListAsync()).Single().Pending == 0);

        await groups.SeekAsync("billing", published[3].Position!);

        // A blocked reader is not told: the next message wakes it.
        await bus.PublishAsync(new Note("next", 5));
        await inbox.HasAsync(8);
        inbox.Numbers.Should().Equal(0, 1, 2, 3, 4, 3, 4, 5);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Groups))]
    public async Task Groups_are_where_they_were_put_after_a_restart_of_the_server()
    {
        await using var server = await RedisServer.StartPrivateAsync(appendOnly: true);
        Server = server;
        var bus = await ConnectAsync();
        var published = await bus.PublishManyAsync(Notes(6));
        var groups = bus.Topic(Topic).AsStream().Groups;
        await groups.CreateAsync("forwarded", HistoryPoint.Beginning);
        await groups.SeekAsync("forwarded", published[4].Position!);
        await groups.CreateAsync("deleted", HistoryPoint.Beginning);
        await groups.DeleteAsync("deleted", force: true);

        await server.RestartAsync();

        await Eventually.TrueAsync(async () => await PublishesAsync(bus, new Note("after", 6)));
        (await groups.ListAsync()).Select(group => group.Name).Should().Equal("forwarded");
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync, new SubscribeOptions { Group = "forwarded" });
        await inbox.HasAsync(3);
        inbox.Numbers.Distinct().Should().Equal(4, 5, 6);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Groups))]
    public async Task A_group_is_created_and_fast_forwarded_before_its_first_consumer()
    {
        var bus = await ConnectAsync();
        var published = await bus.PublishManyAsync(Notes(5));
        var groups = bus.Topic(Topic).AsStream().Groups;

        (await groups.CreateAsync("late", published[1].Position!)).Should().BeTrue();
        (await groups.CreateAsync("late", HistoryPoint.Beginning)).Should().BeFalse();
        // Redis knows it only where the group begins behind the first entry, which is where they came within one millisecond.
        (await groups.ListAsync()).Single().Lag.Should().Match(lag => lag == null || lag == 4);
        await groups.SeekAsync("late", published[3].Position!);

        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync, new SubscribeOptions { Group = "late" });
        await inbox.HasAsync(2);
        inbox.Numbers.Should().Equal(3, 4);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Groups))]
    public async Task A_group_with_something_left_is_deleted_only_by_force()
    {
        var bus = await ConnectAsync(lease: TimeSpan.FromSeconds(1));
        var groups = bus.Topic(Topic).AsStream().Groups;
        await bus.PublishAsync(new Note("left"));
        var subscription = await bus.SubscribeAsync<Note>(Topic, (_, _, _) => throw new RetryAfterException(TimeSpan.FromHours(1)), new SubscribeOptions { Group = "old" });
        await Eventually.TrueAsync(async () => (await groups.ListAsync()).Single().Retrying == 1);

        await FluentActions.Awaiting(async () => await groups.DeleteAsync("old")).Should().ThrowAsync<ConsumerGroupException>().WithMessage("*'old'*1 wait to be handled again*force*");
        await subscription.DisposeAsync();
        await FluentActions.Awaiting(async () => await groups.DeleteAsync("old")).Should().ThrowAsync<ConsumerGroupException>();

        (await groups.DeleteAsync("old", force: true)).Should().BeTrue();
        (await groups.DeleteAsync("old")).Should().BeFalse();
        (await groups.ListAsync()).Should().BeEmpty();
        var database = await DatabaseAsync();
        foreach (var name in new[] { "retry", "starts", "floor", "retries", "retry-messages", "inbox" })
        {
            (await database.KeyExistsAsync(Key($"{name}:old"))).Should().BeFalse(name);
        }

        (await database.HashExistsAsync(Key("groups:seen"), "old")).Should().BeFalse();
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Groups))]
    public async Task What_hangs_at_a_consumer_is_reclaimed_for_the_group()
    {
        var bus = await ConnectAsync();
        await using var reading = bus.ReadAsync<Note>(Topic, OneAtATime("work")).GetAsyncEnumerator();
        var published = await bus.PublishAsync(new Note("hangs"));
        (await reading.MoveNextAsync()).Should().BeTrue();
        var other = await ConnectAsync();
        var inbox = new Inbox();
        await other.SubscribeAsync<Note>(Topic, inbox.HandleAsync, new SubscribeOptions { Group = "work" });

        (await bus.Topic(Topic).AsStream().Groups.ReclaimAsync("work", [published.Position!])).Should().Be(1);

        await inbox.HasAsync(new Note("hangs"));
        inbox.Contexts.Single().Position.Should().Be(published.Position);
        (await reading.Current.AckAsync()).Should().BeFalse("somebody else has it");
        (await bus.Topic(Topic).AsStream().Groups.ReclaimAsync("work", [published.Position!])).Should().Be(0);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Groups))]
    public async Task A_group_that_is_not_there_is_named()
    {
        var bus = await ConnectAsync();
        var groups = bus.Topic(Topic).AsStream().Groups;
        await FluentActions.Awaiting(async () => await groups.SeekAsync("nobody", HistoryPoint.Beginning)).Should().ThrowAsync<ConsumerGroupException>();
        await bus.PublishAsync(new Note("there is a stream"));

        foreach (var ask in new Func<Task>[]
        {
            async () => await groups.SeekAsync("nobody", HistoryPoint.Beginning),
            async () => await groups.ListConsumersAsync("nobody"),
            async () => await groups.PeekPendingAsync("nobody"),
            async () => await groups.ReclaimAsync("nobody", ["1-1"]),
        })
        {
            await ask.Should().ThrowAsync<ConsumerGroupException>().WithMessage($"*'{Topic}'*'nobody'*");
        }
    }

    [ContractFact(Without = nameof(TransportCapabilities.Groups))]
    public async Task Without_groups_asking_for_them_is_refused()
    {
        var topic = (await ConnectAsync()).Topic(Topic);
        if (Fixture.Kind == TransportKind.Stream)
        {
            // The one that it has can be looked at all the same.
            (await topic.AsStream().Groups.ListAsync()).Should().BeEmpty();
            return;
        }

        topic.Invoking(asked => asked.AsStream().Groups).Should().Throw<NotSupportedException>().WithMessage($"*'{Topic}'*{Fixture.Kind}*Stream*");
    }

    [ContractFact(Without = nameof(TransportCapabilities.History))]
    public async Task Without_a_history_trimming_is_refused()
    {
        var topic = (await ConnectAsync()).Topic(Topic);
        if (Fixture.Kind == TransportKind.Stream)
        {
            // What nobody consumes stays there, with acks that delete or not.
            (await topic.AsStream().TrimAsync()).Should().Be(new TrimResult(0, 0));
            return;
        }

        await FluentActions.Awaiting(async () => await topic.AsStream().TrimAsync()).Should().ThrowAsync<NotSupportedException>().WithMessage($"*'{Topic}'*{Fixture.Kind}*Stream*");
        await FluentActions.Awaiting(async () => await topic.AsStream().DeleteAsync("1-1")).Should().ThrowAsync<NotSupportedException>();
    }
}
