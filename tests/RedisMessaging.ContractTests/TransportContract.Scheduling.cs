using System.Collections.Concurrent;
using System.Text;

namespace RedisMessaging.ContractTests;

/// <summary>Messages that are handled later: published so, or given back with a delay.</summary>
public abstract partial class TransportContract<TFixture>
{
    // The goal is 50 ms on an idle machine; a busy one is late without anything being wrong.
    private static readonly TimeSpan LatestOnABusyMachine = TimeSpan.FromSeconds(3);

    [ContractFact(Requires = nameof(TransportCapabilities.Scheduling))]
    public async Task A_delayed_message_is_handled_when_it_is_due_and_not_earlier()
    {
        var delay = TimeSpan.FromSeconds(1);
        var bus = await ConnectAsync();
        var arrivals = new Arrivals();
        await bus.SubscribeAsync<Note>(Topic, arrivals.HandleAsync);

        arrivals.Restart();
        var published = await bus.PublishAsync(new Note("later"), new PublishOptions { Delay = delay });
        await bus.PublishAsync(new Note("now"));

        await arrivals.HasAsync(2);
        published.Position.Should().BeNull("it is in no stream yet");
        arrivals.Texts.Should().Equal("now", "later");
        arrivals.Times[1].Should().BeGreaterThan(delay - Imprecision).And.BeLessThan(delay + LatestOnABusyMachine);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Scheduling))]
    public async Task What_is_scheduled_comes_in_the_order_in_which_it_is_due()
    {
        var bus = await ConnectAsync();
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        int[] order = [7, 2, 9, 0, 4, 1, 8, 3, 6, 5];

        // All are scheduled before the first is due.
        await bus.PublishManyAsync(Topic, order.Select(number => new OutgoingMessage<Note>(
            new Note("note", number),
            new PublishOptions { Delay = TimeSpan.FromMilliseconds(1_000 + (20 * number)) })));

        await inbox.HasAsync(10);
        inbox.Numbers.Should().Equal(Enumerable.Range(0, 10));
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Scheduling))]
    public async Task An_earlier_message_of_another_process_wakes_a_consumer_that_sleeps_until_a_later_one()
    {
        var consumer = await ConnectAsync();
        var arrivals = new Arrivals();
        await consumer.SubscribeAsync<Note>(Topic, arrivals.HandleAsync);
        await consumer.PublishAsync(new Note("much later"), new PublishOptions { Delay = TimeSpan.FromHours(1) });

        // The publisher is gone before its message is due: nobody but the consumer can move it.
        arrivals.Restart();
        await using (var publisher = await OpenAsync())
        {
            await publisher.PublishAsync(new Note("soon"), new PublishOptions { Delay = TimeSpan.FromSeconds(1) });
        }

        await arrivals.HasAsync(1);
        arrivals.Texts.Should().Equal("soon");
        arrivals.Times[0].Should().BeGreaterThan(TimeSpan.FromSeconds(1) - Imprecision).And.BeLessThan(TimeSpan.FromSeconds(1) + LatestOnABusyMachine);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Scheduling))]
    public async Task A_topic_that_is_consumed_later_is_woken_too()
    {
        const string other = "other-notes";
        var consumer = await ConnectAsync(messaging => Fixture.AddTopic(messaging, other, options => options.Carries<Note>(), null));
        var first = new Inbox();
        var second = new Inbox();
        await consumer.SubscribeAsync<Note>(Topic, first.HandleAsync);
        await using (var publisher = await OpenAsync(messaging => Fixture.AddTopic(messaging, other, options => options.Carries<Note>(), null)))
        {
            await publisher.PublishToAsync(Topic, new Note("first"), new PublishOptions { Delay = TimeSpan.FromMilliseconds(200) });
            await first.HasAsync(1);

            // The read of the first topic's bell is blocked now.
            await consumer.SubscribeAsync<Note>(other, second.HandleAsync);
            await publisher.PublishToAsync(other, new Note("second"), new PublishOptions { Delay = TimeSpan.FromMilliseconds(500) });
            await publisher.PublishToAsync(Topic, new Note("third"), new PublishOptions { Delay = TimeSpan.FromMilliseconds(500) });
        }

        await second.HasAsync(1);
        await first.HasAsync(2);
        Log.Lines.Should().NotContain(line => line.Id == 3017, "the bells are read without a fault");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Scheduling))]
    public async Task What_is_due_while_nobody_consumes_is_handled_by_the_next_consumer()
    {
        await using (var publisher = await OpenAsync())
        {
            await publisher.PublishAsync(new Note("kept"), new PublishOptions { Delay = TimeSpan.FromMilliseconds(200) });
        }

        await Task.Delay(400);
        var inbox = new Inbox();
        await (await ConnectAsync()).SubscribeAsync<Note>(Topic, inbox.HandleAsync);

        await inbox.HasAsync(new Note("kept"));
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Scheduling))]
    public async Task An_instant_of_the_past_means_now_and_one_of_the_future_is_waited_for()
    {
        var bus = await ConnectAsync();
        var arrivals = new Arrivals();
        await bus.SubscribeAsync<Note>(Topic, arrivals.HandleAsync);

        arrivals.Restart();
        await bus.PublishAsync(new Note("future"), new PublishOptions { NotBefore = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(1) });
        await bus.PublishAsync(new Note("past"), new PublishOptions { NotBefore = TimeProvider.System.GetUtcNow() - TimeSpan.FromDays(1) });

        await arrivals.HasAsync(2);
        arrivals.Texts.Should().Equal("past", "future");
        arrivals.Times[1].Should().BeGreaterThan(TimeSpan.FromSeconds(1) - Imprecision);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Scheduling))]
    public async Task What_is_scheduled_can_be_counted_paged_and_cancelled()
    {
        var bus = await ConnectAsync();
        var scheduled = bus.Topic(Topic).Scheduled;
        var before = TimeProvider.System.GetUtcNow();
        // Many are due at the same instant, where an id alone tells the pages apart.
        var due = DateTimeOffset.FromUnixTimeMilliseconds(before.ToUnixTimeMilliseconds()) + TimeSpan.FromHours(1);
        await bus.PublishManyAsync(Topic, Notes(25), new PublishOptions { NotBefore = due });
        await bus.PublishAsync(
            new Note("종이"),
            new PublishOptions { MessageId = "last", Delay = TimeSpan.FromHours(2), TimeToLive = TimeSpan.FromMinutes(1), Key = "42", CorrelationId = "cart-7", Headers = new Dictionary<string, string> { ["tenant"] = "서울" } });

        (await scheduled.CountAsync()).Should().Be(26);
        var all = new List<ScheduledMessage>();
        while (await scheduled.PeekAsync(7, all.LastOrDefault()) is { Count: > 0 } page)
        {
            page.Count.Should().BeLessThanOrEqualTo(7);
            all.AddRange(page);
            if (all.Count == 14)
            {
                (await scheduled.CancelAsync(all[^1].MessageId)).Should().BeTrue("a page goes on also behind what is not there any more");
            }
        }

        all.Select(message => message.MessageId).Should().HaveCount(26).And.OnlyHaveUniqueItems();
        all.Take(25).Should().OnlyContain(message => message.DueAt == due);
        var last = all[^1];
        last.MessageId.Should().Be("last");
        last.DueAt.Should().BeCloseTo(before + TimeSpan.FromHours(2), TimeSpan.FromMinutes(1));
        last.ExpiresAt.Should().BeCloseTo(before + TimeSpan.FromMinutes(121), TimeSpan.FromMinutes(1));
        last.PublishedAt.Should().BeCloseTo(before, TimeSpan.FromMinutes(1));
        last.Type.Should().Be("note");
        last.Key.Should().Be("42");
        last.CorrelationId.Should().Be("cart-7");
        last.Headers.Should().Equal(new Dictionary<string, string> { ["tenant"] = "서울" });
        Encoding.UTF8.GetString(last.Body.Span).Should().Contain("종이");
        (await scheduled.PeekAsync(10, last)).Should().BeEmpty();

        (await scheduled.CountAsync()).Should().Be(25);
        (await scheduled.CancelAsync("last")).Should().BeTrue();
        (await scheduled.CancelAsync("last")).Should().BeFalse();
        (await bus.PublishAsync(new Note("anew"), new PublishOptions { MessageId = "last", Delay = TimeSpan.FromHours(2) })).Duplicate.Should().BeFalse("a cancelled id is forgotten");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Scheduling))]
    public async Task What_is_cancelled_is_never_handled()
    {
        var bus = await ConnectAsync();
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        var cancelled = await bus.PublishAsync(new Note("cancelled"), new PublishOptions { Delay = TimeSpan.FromMilliseconds(500) });
        await bus.PublishAsync(new Note("goes on"), new PublishOptions { Delay = TimeSpan.FromMilliseconds(700) });

        (await bus.Topic(Topic).Scheduled.CancelAsync(cancelled.MessageId)).Should().BeTrue();

        await inbox.HasAsync(1);
        inbox.Notes.Should().Equal(new Note("goes on"));
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Scheduling))]
    public async Task An_id_that_is_scheduled_is_not_stored_a_second_time()
    {
        var bus = await ConnectAsync();
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        var options = new PublishOptions { MessageId = "invoice-7", Delay = TimeSpan.FromMilliseconds(500) };

        (await bus.PublishAsync(new Note("first"), options)).Duplicate.Should().BeFalse();
        (await bus.PublishAsync(new Note("second"), options)).Duplicate.Should().BeTrue();
        (await bus.PublishAsync(new Note("third"), new PublishOptions { MessageId = "invoice-7" })).Duplicate.Should().BeTrue();
        await inbox.HasAsync(1);
        await bus.PublishAsync(new Note("last"));

        await inbox.HasAsync(new Note("last"));
        inbox.Notes.Should().Equal(new Note("first"), new Note("last"));
    }

    [ContractFact(Without = nameof(TransportCapabilities.Scheduling))]
    public async Task Scheduling_is_refused_where_nothing_is_kept()
    {
        var bus = await ConnectAsync();

        var delayed = async () => await bus.PublishAsync(new Note("later"), new PublishOptions { Delay = TimeSpan.FromSeconds(1) });
        var looking = () => bus.Topic(Topic).Scheduled;

        await delayed.Should().ThrowAsync<PublishRefusedException>().WithMessage($"*'{Topic}'*Delay*{Fixture.Kind}*");
        looking.Should().Throw<NotSupportedException>().WithMessage($"*'{Topic}'*{Fixture.Kind}*");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Scheduling))]
    public async Task A_delayed_retry_outlives_its_process_and_comes_back_at_its_time()
    {
        var delay = TimeSpan.FromSeconds(2);
        var failed = new Arrivals();
        var first = await OpenAsync();
        var arrivals = new Arrivals();
        await first.SubscribeAsync<Note>(Topic, async (note, context, token) =>
        {
            await failed.HandleAsync(note, context, token);
            throw new RetryAfterException(delay);
        });
        arrivals.Restart();
        var published = await first.PublishAsync(new Note("again"));
        await failed.HasAsync(1);
        await Eventually.EndsAsync(first.DisposeAsync().AsTask());

        var second = await ConnectAsync();
        await second.SubscribeAsync<Note>(Topic, arrivals.HandleAsync);

        await arrivals.HasAsync(1);
        arrivals.Times[0].Should().BeGreaterThan(delay - Imprecision, "it is not given back before, the stop of its process notwithstanding");
        arrivals.Contexts[0].MessageId.Should().Be(published.MessageId);
        arrivals.Contexts[0].Attempt.Should().Be(2);
        arrivals.Contexts[0].Position.Should().Be(published.Position);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Scheduling))]
    public async Task A_waiting_retry_holds_neither_handler_nor_prefetch()
    {
        var inbox = new Inbox();
        var bus = await ConnectAsync();
        await bus.SubscribeAsync<Note>(
            Topic,
            (note, context, token) => note.Text == "waits" ? throw new RetryAfterException(TimeSpan.FromHours(1)) : inbox.HandleAsync(note, context, token),
            OneAtATime());

        await bus.PublishAsync(new Note("waits"));
        await bus.PublishAsync(new Note("the next"));

        await inbox.HasAsync(new Note("the next"));
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Scheduling))]
    public async Task A_nack_with_a_delay_tells_whether_the_message_was_ours_and_brings_it_back_then()
    {
        var delay = TimeSpan.FromSeconds(1);
        var bus = await ConnectAsync();
        await bus.PublishAsync(new Note("again"));
        await using var messages = bus.ReadAsync<Note>(Topic, OneAtATime()).GetAsyncEnumerator();
        (await Eventually.EndsAsync(messages.MoveNextAsync().AsTask())).Should().BeTrue();
        var first = messages.Current;

        var started = TimeProvider.System.GetTimestamp();
        (await first.NackAsync(delay)).Should().BeTrue();
        (await first.NackAsync(delay)).Should().BeFalse("it is settled");

        (await Eventually.EndsAsync(messages.MoveNextAsync().AsTask())).Should().BeTrue();
        TimeProvider.System.GetElapsedTime(started).Should().BeGreaterThan(delay - Imprecision);
        messages.Current.MessageId.Should().Be(first.MessageId);
        messages.Current.Attempt.Should().Be(2);
        (await messages.Current.AckAsync()).Should().BeTrue();
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Groups))]
    public async Task A_delayed_retry_reaches_only_the_group_that_failed()
    {
        var failing = new Inbox();
        var content = new Inbox();
        var bus = await ConnectAsync();
        await bus.SubscribeAsync<Note>(
            Topic,
            (note, context, token) => context.Attempt == 1 ? throw new RetryAfterException(TimeSpan.FromMilliseconds(200)) : failing.HandleAsync(note, context, token),
            new SubscribeOptions { Group = "failing" });
        await bus.SubscribeAsync<Note>(Topic, content.HandleAsync, new SubscribeOptions { Group = "content" });

        await bus.PublishAsync(new Note("retried"));
        await failing.HasAsync(1);
        await bus.PublishAsync(new Note("the next"));

        await content.HasAsync(new Note("the next"));
        content.Notes.Should().Equal(new Note("retried"), new Note("the next"));
    }

    private static TimeSpan Imprecision => TimeSpan.FromMilliseconds(20);

    /// <summary>A bus that the test closes itself.</summary>
    private Task<RedisMessageBus> OpenAsync(Action<RedisMessagingBuilder>? configure = null) =>
        RedisMessageBus.ConnectAsync(ConnectionString, messaging => Configure(messaging, configure), Log).AsTask();

    /// <summary>A handler that notes when it was called.</summary>
    private sealed class Arrivals
    {
        private readonly ConcurrentQueue<(Note Note, MessageContext Context, TimeSpan At)> _arrived = new();
        private long _started = TimeProvider.System.GetTimestamp();

        public List<string> Texts => [.. _arrived.Select(arrived => arrived.Note.Text)];

        public List<MessageContext> Contexts => [.. _arrived.Select(arrived => arrived.Context)];

        public List<TimeSpan> Times => [.. _arrived.Select(arrived => arrived.At)];

        public void Restart() => _started = TimeProvider.System.GetTimestamp();

        public ValueTask HandleAsync(Note note, MessageContext context, CancellationToken cancellationToken)
        {
            _arrived.Enqueue((note, context, TimeProvider.System.GetElapsedTime(_started)));
            return ValueTask.CompletedTask;
        }

        public Task HasAsync(int count) => Eventually.TrueAsync(() => _arrived.Count >= count, what: $"{count} messages; there are {_arrived.Count}");
    }
}
