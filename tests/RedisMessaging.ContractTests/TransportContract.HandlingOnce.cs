using System.Collections.Concurrent;

namespace RedisMessaging.ContractTests;

/// <summary>The inbox: what a group has acked it does not handle again.</summary>
public abstract partial class TransportContract<TFixture>
{
    private const int AlreadyHandled = 5011;

    [ContractFact(Requires = nameof(TransportCapabilities.Acks))]
    public async Task A_message_that_was_acked_is_not_handled_again()
    {
        var counted = $"counted-{UniquePrefix.Create()}".Replace(':', '-');
        using var already = new Counted("redismessaging.messages.already_handled", counted);
        using var handled = new Counted("redismessaging.messages.handled", counted);
        var bus = await ConnectAsync(messaging => Fixture.AddTopic(messaging, counted, WithoutWindow, null));
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(counted, inbox.HandleAsync, new SubscribeOptions { InboxWindow = TimeSpan.FromMinutes(5) });
        var options = new PublishOptions { MessageId = "order-1" };

        await bus.PublishToAsync(counted, new Note("first"), options);
        await inbox.HasAsync(1);
        await bus.PublishToAsync(counted, new Note("second"), options);
        await bus.PublishToAsync(counted, new Note("third"), options);
        await bus.PublishToAsync(counted, new Note("last"));

        await inbox.HasAsync(new Note("last"));
        inbox.Notes.Should().Equal(new Note("first"), new Note("last"));
        await Eventually.TrueAsync(() => (already.Total, handled.Total) == (2, 2), what: "two skipped, two handled");
        Log.Lines.Should().Contain(line => line.Id == AlreadyHandled && line.Text.Contains("order-1", StringComparison.Ordinal));
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Acks))]
    public Task A_mark_that_comes_while_the_message_is_prefetched_counts() => HandlesPrefetchedOnceAsync(concurrency: 1);

    [ContractFact(Requires = nameof(TransportCapabilities.Acks))]
    public Task Messages_with_one_id_are_not_handled_at_the_same_time_by_one_consumer() => HandlesPrefetchedOnceAsync(concurrency: 8);

    [ContractFact(Requires = nameof(TransportCapabilities.Acks))]
    public async Task What_failed_leaves_no_mark_and_is_handled_again()
    {
        var attempts = new ConcurrentQueue<(string Text, int Attempt)>();
        var bus = await ConnectAsync();
        var options = FailsAfter(3, "billing");
        options.InboxWindow = TimeSpan.FromMinutes(5);
        await bus.SubscribeAsync<Note>(
            Topic,
            (note, context, _) =>
            {
                attempts.Enqueue((note.Text, context.Attempt));
                return note.Text == "dies" && context.RedrivenFrom is null || (note.Text == "once more" && context.Attempt == 1)
                    ? throw new InvalidOperationException("Not yet.")
                    : ValueTask.CompletedTask;
            },
            options);

        await bus.PublishAsync(new Note("once more"), new PublishOptions { MessageId = "order-3" });
        await Eventually.TrueAsync(() => attempts.Contains(("once more", 2)), what: "a retry is no repetition");
        await bus.PublishAsync(new Note("dies"), new PublishOptions { MessageId = "order-4" });
        var letter = await TheDeadLetterAsync(bus);
        (await bus.Topic(Topic).DeadLetters.RedriveAsync(letter.Id)).Should().BeTrue();

        await Eventually.TrueAsync(() => attempts.Count(attempt => attempt == ("dies", 1)) == 2, what: "the redriven message is handled");
        await Eventually.TrueAsync(async () => await (await DatabaseAsync()).SortedSetLengthAsync(Key("inbox:billing")) == 2, what: "both are on record once they are acked");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Groups))]
    public async Task Each_group_has_an_inbox_of_its_own()
    {
        var bus = await ConnectAsync(topic: WithoutWindow);
        var (billing, shipping) = (new Inbox(), new Inbox());
        await bus.SubscribeAsync<Note>(Topic, billing.HandleAsync, new SubscribeOptions { Group = "billing", InboxWindow = TimeSpan.FromMinutes(5) });
        await bus.SubscribeAsync<Note>(Topic, shipping.HandleAsync, new SubscribeOptions { Group = "shipping" });
        var options = new PublishOptions { MessageId = "order-5" };

        await bus.PublishAsync(new Note("first"), options);
        await Task.WhenAll(billing.HasAsync(1), shipping.HasAsync(1));
        await bus.PublishAsync(new Note("second"), options);
        await bus.PublishAsync(new Note("last"));

        await Task.WhenAll(billing.HasAsync(new Note("last")), shipping.HasAsync(new Note("last")));
        billing.Count.Should().Be(2);
        shipping.Count.Should().Be(3);
        (await (await DatabaseAsync()).KeyExistsAsync(Key("inbox:shipping"))).Should().BeFalse();
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Acks))]
    public async Task A_reader_is_not_given_what_its_group_has_acked()
    {
        var bus = await ConnectAsync(topic: WithoutWindow);
        var options = new PublishOptions { MessageId = "order-6" };
        await bus.PublishAsync(new Note("first"), options);
        await bus.PublishAsync(new Note("nacked"), new PublishOptions { MessageId = "order-7" });
        var read = new List<string>();

        await foreach (var received in bus.ReadAsync<Note>(Topic, new SubscribeOptions { Group = "billing", InboxWindow = TimeSpan.FromMinutes(5) }))
        {
            read.Add(received.Message.Text);
            if (received.Message.Text == "nacked" && received.Attempt == 1)
            {
                (await received.NackAsync()).Should().BeTrue();
                await bus.PublishAsync(new Note("second"), options);
                await bus.PublishAsync(new Note("last"));
                continue;
            }

            (await received.AckAsync()).Should().BeTrue();
            if (received.Message.Text == "last")
            {
                break;
            }
        }

        read.Should().BeEquivalentTo(["first", "nacked", "nacked", "last"]);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Acks))]
    public async Task An_inbox_forgets_after_its_window()
    {
        var bus = await ConnectAsync(topic: WithoutWindow);
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync, new SubscribeOptions { Group = "billing", Concurrency = 8, InboxWindow = TimeSpan.FromSeconds(1) });
        await bus.PublishManyAsync(Notes(250));
        await inbox.HasAsync(250);
        var database = await DatabaseAsync();

        await Eventually.TrueAsync(async () =>
        {
            await bus.PublishAsync(new Note("new"));
            return await database.SortedSetLengthAsync(Key("inbox:billing")) < 100;
        });
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Acks))]
    public async Task A_lookup_that_fails_is_repeated()
    {
        await using var server = await StartServerAsync();
        var bus = await ConnectAsync();
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync, new SubscribeOptions { Group = "billing", InboxWindow = TimeSpan.FromMinutes(5) });
        await (await DatabaseAsync()).StringSetAsync(Key("inbox:billing"), "somebody else's");

        await bus.PublishAsync(new Note("patience"));
        await Eventually.TrueAsync(() => Log.Lines.Any(line => line.Id == 5012));
        inbox.Count.Should().Be(0);
        await (await DatabaseAsync()).KeyDeleteAsync(Key("inbox:billing"));

        await inbox.HasAsync(1);
        inbox.Contexts.Single().Attempt.Should().Be(1);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Acks))]
    public async Task An_inbox_that_is_something_else_is_told_at_the_start()
    {
        var bus = await ConnectAsync();
        await (await DatabaseAsync()).StringSetAsync(Key("inbox:billing"), "somebody else's");

        await FluentActions.Awaiting(async () => await bus.SubscribeAsync<Note>(Topic, new Inbox().HandleAsync, new SubscribeOptions { Group = "billing", InboxWindow = TimeSpan.FromMinutes(5) }))
            .Should().ThrowAsync<RedisMessagingConfigurationException>().WithMessage($"*'{Topic}'*inbox:billing*string*zset*");
    }

    [ContractFact(Without = nameof(TransportCapabilities.Acks))]
    public async Task An_inbox_is_refused_where_nothing_is_acked()
    {
        var bus = await ConnectAsync();

        await FluentActions.Awaiting(async () => await bus.SubscribeAsync<Note>(Topic, new Inbox().HandleAsync, new SubscribeOptions { InboxWindow = TimeSpan.FromMinutes(5) }))
            .Should().ThrowAsync<RedisMessagingConfigurationException>().WithMessage($"*'{Topic}'*InboxWindow*{Fixture.Kind}*Stream*Queue*");
    }

    private async Task HandlesPrefetchedOnceAsync(int concurrency)
    {
        var bus = await ConnectAsync(topic: WithoutWindow);
        var options = new PublishOptions { MessageId = "order-2" };
        await bus.PublishAsync(new Note("first"), options);
        await bus.PublishAsync(new Note("second"), options);
        await bus.PublishAsync(new Note("between"));
        await bus.PublishAsync(new Note("third"), options);
        await bus.PublishAsync(new Note("last"));
        var inbox = new Inbox();

        // All are fetched at once, while none is on record.
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync, new SubscribeOptions { Group = "shipping", Concurrency = concurrency, InboxWindow = TimeSpan.FromMinutes(5) });

        await inbox.HasAsync(new Note("last"));
        await Eventually.TrueAsync(async () => await (await DatabaseAsync()).SortedSetLengthAsync(Key("inbox:shipping")) == 3 && Log.Lines.Count(line => line.Id == AlreadyHandled) == 2);
        inbox.Notes.Should().HaveCount(3).And.Contain([new Note("between"), new Note("last")]);
        inbox.Notes.Should().ContainSingle(note => note.Text == "first" || note.Text == "second" || note.Text == "third");
    }
}
