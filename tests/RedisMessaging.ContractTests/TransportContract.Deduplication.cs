using System.Collections.Concurrent;

namespace RedisMessaging.ContractTests;

/// <summary>One id, one message.</summary>
public abstract partial class TransportContract<TFixture>
{
    [ContractFact(Requires = nameof(TransportCapabilities.Deduplication))]
    public async Task A_message_id_that_is_published_twice_is_stored_once()
    {
        var bus = await ConnectAsync();
        var handled = new ConcurrentQueue<string>();
        await bus.SubscribeAsync<Note>(Topic, (note, _, _) =>
        {
            handled.Enqueue(note.Text);
            return ValueTask.CompletedTask;
        });
        var options = new PublishOptions { MessageId = "invoice-7" };

        var first = await bus.PublishAsync(new Note("first"), options);
        var second = await bus.PublishAsync(new Note("second"), options);
        await bus.PublishAsync(new Note("last"));

        first.Duplicate.Should().BeFalse();
        second.Should().Be(new PublishResult("invoice-7", Duplicate: true));
        await Eventually.TrueAsync(() => handled.Contains("last"));
        handled.Should().Equal("first", "last");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Deduplication))]
    public async Task A_duplicate_is_counted_and_not_as_published()
    {
        // By its name: the shared one is counted for other tests, too.
        var counted = $"counted-{UniquePrefix.Create()}".Replace(':', '-');
        using var published = new Counted("redismessaging.messages.published", counted);
        using var duplicates = new Counted("redismessaging.messages.duplicates", counted);
        var bus = await ConnectAsync(messaging => Fixture.AddTopic(messaging, counted, options => options.Carries<Note>(), null));
        var options = new PublishOptions { MessageId = "invoice-7" };

        await bus.PublishToAsync(counted, new Note("first"), options);
        await bus.PublishToAsync(counted, new Note("second"), options);
        await bus.PublishManyAsync(counted, [new OutgoingMessage<Note>(new Note("third"), options), new OutgoingMessage<Note>(new Note("new"))]);

        (published.Total, duplicates.Total).Should().Be((2, 2));
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Deduplication))]
    public async Task Many_publishers_with_one_id_at_the_same_time_store_one()
    {
        RedisMessageBus[] buses = [await ConnectAsync(), await ConnectAsync()];
        var options = new PublishOptions { MessageId = "invoice-8" };

        var results = await Task.WhenAll(Enumerable.Range(0, 64).Select(number => Task.Run(() => buses[number % 2].PublishAsync(new Note("one of many", number), options).AsTask())));

        results.Count(result => !result.Duplicate).Should().Be(1);
        (await StoredAsync()).Should().Be(1);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Deduplication))]
    public async Task Of_many_messages_only_the_duplicate_is_not_stored()
    {
        var bus = await ConnectAsync();
        await bus.PublishAsync(new Note("known"), new PublishOptions { MessageId = "id-2" });

        var results = await bus.PublishManyAsync(
            Topic,
            [
                new OutgoingMessage<Note>(new Note("no id", 0)),
                new OutgoingMessage<Note>(new Note("new", 1), new PublishOptions { MessageId = "id-1" }),
                new OutgoingMessage<Note>(new Note("known", 2), new PublishOptions { MessageId = "id-2" }),
                new OutgoingMessage<Note>(new Note("doubled", 3), new PublishOptions { MessageId = "id-1" }),
                new OutgoingMessage<Note>(new Note("no id", 4)),
            ]);

        results.Select(result => result.Duplicate).Should().Equal(false, false, true, true, false);
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        await inbox.HasAsync(new Note("no id", 4));
        inbox.Notes.Select(note => (note.Text, note.Number)).Should().Equal(("known", 0), ("no id", 0), ("new", 1), ("no id", 4));
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Deduplication))]
    public async Task After_the_window_an_id_may_come_again_and_old_ones_are_forgotten()
    {
        var bus = await ConnectAsync(topic: options =>
        {
            options.Carries<Note>();
            options.DeduplicationWindow = TimeSpan.FromSeconds(1);
        });
        await bus.PublishManyAsync(Topic, Enumerable.Range(0, 250).Select(number => new OutgoingMessage<Note>(new Note("old", number), new PublishOptions { MessageId = $"id-{number}" })));
        var database = await DatabaseAsync();
        (await database.SortedSetLengthAsync(Key("ids"))).Should().Be(250);

        await Eventually.TrueAsync(async () => !(await bus.PublishAsync(new Note("again"), new PublishOptions { MessageId = "id-7" })).Duplicate);

        // A hundred for each publish.
        await Eventually.TrueAsync(async () =>
        {
            await bus.PublishAsync(new Note("new"), new PublishOptions { MessageId = "new" });
            return await database.SortedSetLengthAsync(Key("ids")) <= 2;
        });
        (await StoredAsync()).Should().BeInRange(252, 253);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Deduplication))]
    public async Task Without_a_window_nothing_is_remembered()
    {
        var bus = await ConnectAsync(topic: WithoutWindow);
        var options = new PublishOptions { MessageId = "invoice-9" };

        (await bus.PublishAsync(new Note("first"), options)).Duplicate.Should().BeFalse();
        (await bus.PublishAsync(new Note("second"), options)).Duplicate.Should().BeFalse();

        (await StoredAsync()).Should().Be(2);
        (await (await DatabaseAsync()).KeyExistsAsync(Key("ids"))).Should().BeFalse();
    }

    [ContractFact(Without = nameof(TransportCapabilities.Deduplication))]
    public async Task Where_no_ids_are_remembered_one_may_be_published_twice()
    {
        var inbox = new Inbox();
        var bus = await ConnectAsync();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        var options = new PublishOptions { MessageId = "price-1" };

        (await bus.PublishAsync(new Note("first"), options)).Duplicate.Should().BeFalse();
        (await bus.PublishAsync(new Note("second"), options)).Duplicate.Should().BeFalse();

        await inbox.HasAsync(2);
        inbox.Contexts.Select(context => context.MessageId).Should().Equal("price-1", "price-1");
    }

    /// <summary>For tests that want two messages with one id.</summary>
    private static void WithoutWindow(TopicOptions options)
    {
        options.Carries<Note>();
        options.DeduplicationWindow = TimeSpan.Zero;
    }

    /// <summary>How many messages wait in Redis.</summary>
    private async Task<long> StoredAsync()
    {
        var database = await DatabaseAsync();
        return Fixture.Kind == TransportKind.Queue ? await database.ListLengthAsync(Key("queue")) : await database.StreamLengthAsync(Key("stream"));
    }
}
