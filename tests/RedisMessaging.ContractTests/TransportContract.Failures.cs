using System.Collections.Concurrent;
using System.Text;
using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Topics;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>What happens to a message that is not handled at once.</summary>
public abstract partial class TransportContract<TFixture>
{
    [ContractFact(Requires = nameof(TransportCapabilities.Retries))]
    public async Task A_message_whose_handler_failed_comes_again()
    {
        var attempts = new ConcurrentQueue<(string MessageId, int Attempt)>();
        var inbox = new Inbox();
        var bus = await ConnectAsync();
        await bus.SubscribeAsync<Note>(Topic, (note, context, token) =>
        {
            attempts.Enqueue((context.MessageId, context.Attempt));
            return context.Attempt < 3 ? throw new InvalidOperationException("Not yet.") : inbox.HandleAsync(note, context, token);
        });

        var published = await bus.PublishAsync(new Note("third time lucky"));

        await inbox.HasAsync(1);
        attempts.Should().Equal((published.MessageId, 1), (published.MessageId, 2), (published.MessageId, 3));
        inbox.Notes.Should().Equal(new Note("third time lucky"));
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Retries))]
    public async Task A_message_that_always_fails_is_given_up_after_its_attempts_and_stops_nobody()
    {
        var attempts = new ConcurrentQueue<int>();
        var inbox = new Inbox();
        var bus = await ConnectAsync();
        var options = new SubscribeOptions();
        (options.Retry.MaxAttempts, options.Retry.Delay) = (3, TimeSpan.FromMilliseconds(1));
        await bus.SubscribeAsync<Note>(
            Topic,
            (note, context, token) =>
            {
                if (note.Text == "hopeless")
                {
                    attempts.Enqueue(context.Attempt);
                    throw new InvalidOperationException("Never.");
                }

                return inbox.HandleAsync(note, context, token);
            },
            options);

        await bus.PublishAsync(new Note("hopeless"));
        await bus.PublishAsync(new Note("after"));

        await inbox.HasAsync(1);
        await Eventually.TrueAsync(() => attempts.Count == 3);
        if (Fixture.Capabilities.DeadLetters)
        {
            await Eventually.TrueAsync(async () => await DeadLetterCountAsync() == 1);
        }

        await bus.PublishAsync(new Note("later"));
        await inbox.HasAsync(2);
        attempts.Should().Equal(1, 2, 3);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.FanOut))]
    public async Task A_retry_reaches_only_the_group_that_failed()
    {
        var failing = new Inbox();
        var content = new Inbox();
        var bus = await ConnectAsync();
        await bus.SubscribeAsync<Note>(
            Topic,
            (note, context, token) => context.Attempt < 3 ? throw new InvalidOperationException("Not yet.") : failing.HandleAsync(note, context, token),
            new SubscribeOptions { Group = "failing" });
        await bus.SubscribeAsync<Note>(Topic, content.HandleAsync, new SubscribeOptions { Group = "content" });

        await bus.PublishAsync(new Note("retried"));
        await failing.HasAsync(1);
        await bus.PublishAsync(new Note("the next"));

        await content.HasAsync(new Note("the next"));
        content.Notes.Should().Equal(new Note("retried"), new Note("the next"));
        content.Contexts.Should().OnlyContain(context => context.Attempt == 1);
    }

    [ContractFact]
    public async Task A_failing_handler_does_not_stop_the_others()
    {
        const string other = "other-notes";
        var here = new Inbox();
        var there = new Inbox();
        var bus = await ConnectAsync(messaging =>
        {
            Fixture.AddTopic(messaging, other, options => options.Carries<Note>(), null);
            messaging.ShutdownTimeout = TimeSpan.FromSeconds(2);
        });
        await bus.SubscribeAsync<Note>(Topic, (note, context, token) =>
            note.Text == "poison" ? throw new InvalidOperationException("Never.") : here.HandleAsync(note, context, token));
        await bus.SubscribeAsync<Note>(other, there.HandleAsync);

        await bus.PublishToAsync(Topic, new Note("poison"));
        await bus.PublishManyAsync(Topic, Notes(20));
        await bus.PublishManyAsync(other, Notes(20));

        await here.HasAsync(20);
        await there.HasAsync(20);
        here.Numbers.Should().Equal(Enumerable.Range(0, 20));
        there.Numbers.Should().Equal(Enumerable.Range(0, 20));
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Acks))]
    public async Task What_is_not_acked_comes_back_after_the_lease()
    {
        var lease = TimeSpan.FromSeconds(1);
        using var cancellation = new CancellationTokenSource();
        var reader = await ConnectAsync(lease: lease);
        await reader.PublishAsync(new Note("held too long"));
        await using var messages = reader.ReadAsync<Note>(Topic, OneAtATime(), cancellation.Token).GetAsyncEnumerator();
        (await Eventually.EndsAsync(messages.MoveNextAsync().AsTask())).Should().BeTrue();
        var held = messages.Current;

        // The next owner may be the reader itself or somebody else: it is live, and a reader that says nothing has no privilege.
        var inbox = new Inbox();
        var other = await ConnectAsync(lease: lease);
        await other.SubscribeAsync<Note>(Topic, inbox.HandleAsync, OneAtATime());
        var again = messages.MoveNextAsync().AsTask();
        await Eventually.TrueAsync(() => inbox.Count == 1 || again.IsCompleted, what: "the message comes back");

        (inbox.Count == 1 ? inbox.Contexts[0] : messages.Current).MessageId.Should().Be(held.MessageId);
        (await held.AckAsync()).Should().BeFalse("the lease was lost");
        await cancellation.CancelAsync();
        await Eventually.TrueAsync(() => again.IsCompleted, what: "the reader's wait ends");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Acks))]
    public async Task What_is_extended_stays_beyond_the_lease()
    {
        // Long enough for a busy machine to be late with an extension.
        var lease = TimeSpan.FromSeconds(3);
        var reader = await ConnectAsync(lease: lease);
        var inbox = new Inbox();
        await reader.PublishAsync(new Note("long work"));
        await using var messages = reader.ReadAsync<Note>(Topic, OneAtATime()).GetAsyncEnumerator();
        (await Eventually.EndsAsync(messages.MoveNextAsync().AsTask())).Should().BeTrue();
        await (await ConnectAsync(lease: lease)).SubscribeAsync<Note>(Topic, inbox.HandleAsync);

        var started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < 2 * lease)
        {
            (await messages.Current.ExtendAsync()).Should().BeTrue();
            await Task.Delay(lease / 10);
        }

        (await messages.Current.AckAsync()).Should().BeTrue();
        inbox.Count.Should().Be(0);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Acks))]
    public async Task A_long_handler_keeps_its_message_beyond_the_lease()
    {
        // Long enough for a busy machine to be late with a renewal.
        var lease = TimeSpan.FromSeconds(3);
        var inbox = new Inbox();
        async ValueTask HandleAsync(Note note, MessageContext context, CancellationToken token)
        {
            await Task.Delay(1.5 * lease, token);
            await inbox.HandleAsync(note, context, token);
        }

        await (await ConnectAsync(lease: lease)).SubscribeAsync<Note>(Topic, HandleAsync);
        var other = await ConnectAsync(lease: lease);
        await other.SubscribeAsync<Note>(Topic, HandleAsync);

        await other.PublishAsync(new Note("long work"));
        await inbox.HasAsync(1);
        await other.PublishAsync(new Note("the next"));

        await inbox.HasAsync(new Note("the next"));
        inbox.Notes.Should().Equal(new Note("long work"), new Note("the next"));
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Acks))]
    public async Task A_reader_settles_each_message_once()
    {
        var bus = await ConnectAsync();
        await bus.PublishManyAsync(Notes(3));
        await using var messages = bus.ReadAsync<Note>(Topic).GetAsyncEnumerator();

        (await Eventually.EndsAsync(messages.MoveNextAsync().AsTask())).Should().BeTrue();
        (await messages.Current.AckAsync()).Should().BeTrue();
        (await messages.Current.AckAsync()).Should().BeFalse();

        (await Eventually.EndsAsync(messages.MoveNextAsync().AsTask())).Should().BeTrue();
        var nacked = messages.Current;
        (await nacked.NackAsync()).Should().BeTrue();

        (await Eventually.EndsAsync(messages.MoveNextAsync().AsTask())).Should().BeTrue();
        messages.Current.Message.Number.Should().Be(2);
        (await messages.Current.DeadLetterAsync("unwanted")).Should().BeTrue();

        (await Eventually.EndsAsync(messages.MoveNextAsync().AsTask())).Should().BeTrue();
        messages.Current.MessageId.Should().Be(nacked.MessageId);
        messages.Current.Attempt.Should().Be(2);
        (await messages.Current.AckAsync()).Should().BeTrue();
        (await DeadLetterCountAsync()).Should().Be(1);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task What_a_closed_subscriber_did_not_handle_reaches_the_next()
    {
        var started = new TaskCompletionSource();
        var first = await ConnectAsync(messaging => messaging.ShutdownTimeout = TimeSpan.FromMilliseconds(100));
        await first.PublishManyAsync(Notes(10));
        var subscription = await first.SubscribeAsync<Note>(Topic, async (_, _, token) =>
        {
            started.TrySetResult();
            await Task.Delay(Timeout.Infinite, token);
        });
        await Eventually.EndsAsync(started.Task);
        await Eventually.EndsAsync(subscription.DisposeAsync().AsTask());

        // Long before the lease of 30 s: they were given back.
        var inbox = new Inbox();
        await (await ConnectAsync()).SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        await inbox.HasAsync(10);
        inbox.Numbers.Should().BeEquivalentTo(Enumerable.Range(0, 10));
    }

    [ContractFact]
    public async Task Cancelling_ends_the_enumeration()
    {
        using var cancellation = new CancellationTokenSource();
        var bus = await ConnectAsync();
        await using var messages = bus.ReadAsync<Note>(Topic, cancellationToken: cancellation.Token).GetAsyncEnumerator();
        var next = messages.MoveNextAsync().AsTask();

        await cancellation.CancelAsync();

        await FluentActions.Awaiting(() => Eventually.EndsAsync(next)).Should().ThrowAsync<OperationCanceledException>();
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Acks))]
    public async Task Cancelling_the_enumeration_releases_what_is_unsettled()
    {
        using var cancellation = new CancellationTokenSource();
        var bus = await ConnectAsync();
        await bus.PublishManyAsync(Notes(10));
        var read = 0;
        async Task ReadAsync()
        {
            await foreach (var message in bus.ReadAsync<Note>(Topic, cancellationToken: cancellation.Token))
            {
                read++;
                if (read == 3)
                {
                    await message.AckAsync();
                    await cancellation.CancelAsync();
                }
            }
        }

        await FluentActions.Awaiting(() => Eventually.EndsAsync(ReadAsync())).Should().ThrowAsync<OperationCanceledException>();

        var inbox = new Inbox();
        await (await ConnectAsync()).SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        await inbox.HasAsync(9);
        inbox.Numbers.Should().BeEquivalentTo([0, 1, 3, 4, 5, 6, 7, 8, 9]);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Acks))]
    public async Task Leaving_the_enumeration_releases_what_is_unsettled()
    {
        var bus = await ConnectAsync();
        await bus.PublishManyAsync(Notes(5));
        await foreach (var message in bus.ReadAsync<Note>(Topic))
        {
            (await message.AckAsync()).Should().BeTrue();
            break;
        }

        var inbox = new Inbox();
        await (await ConnectAsync()).SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        await inbox.HasAsync(4);
        inbox.Numbers.Should().BeEquivalentTo([1, 2, 3, 4]);
    }

    [ContractFact]
    public async Task A_body_that_can_not_be_read_does_not_stop_the_consumer()
    {
        var inbox = new Inbox();
        var bus = await ConnectAsync();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        // Another program on the same topic: it says the same type and writes something else.
        var other = await ConnectAsync(topic: options => options.Carries<byte[]>("note"));

        await bus.PublishAsync(new Note("before"));
        await other.PublishAsync(Encoding.UTF8.GetBytes("{ this is no JSON"));
        await other.PublishAsync(Encoding.UTF8.GetBytes("null"));
        await bus.PublishAsync(new Note("after"));

        await inbox.HasAsync(new Note("after"));
        inbox.Notes.Should().Equal(new Note("before"), new Note("after"));
        if (Fixture.Capabilities.DeadLetters)
        {
            await Eventually.TrueAsync(async () => await DeadLetterCountAsync() == 2);
        }
    }

    [ContractFact]
    public async Task A_type_that_is_not_known_does_not_stop_the_consumer()
    {
        var inbox = new Inbox();
        var bus = await ConnectAsync();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        var other = await ConnectAsync(topic: options => options.Carries<Alarm>());

        await other.PublishAsync(new Alarm("cellar"));
        await bus.PublishAsync(new Note("after"));

        await inbox.HasAsync(1);
        inbox.Notes.Should().Equal(new Note("after"));
        if (Fixture.Capabilities.DeadLetters)
        {
            await Eventually.TrueAsync(async () => await DeadLetterCountAsync() == 1);
        }
    }

    [ContractFact]
    public async Task A_reader_is_shown_a_body_that_can_not_be_read()
    {
        var bus = await ConnectAsync();
        var other = await ConnectAsync(topic: options => options.Carries<byte[]>("note"));
        await using var messages = bus.ReadAsync<Note>(Topic).GetAsyncEnumerator();
        var next = messages.MoveNextAsync().AsTask();
        // Live from the first MoveNext, which does not tell when: on Pub/Sub an early message is lost.
        await Eventually.TrueAsync(async () =>
        {
            await other.PublishAsync(Encoding.UTF8.GetBytes("{ this is no JSON"));
            return next.IsCompleted;
        });

        (await next).Should().BeTrue();
        messages.Current.Error.Should().NotBeNull();
        messages.Current.TryGetMessage(out _).Should().BeFalse();
        messages.Current.Invoking(message => message.Message).Should().Throw<InvalidOperationException>().WithMessage($"*{messages.Current.MessageId}*");
        (await messages.Current.DeadLetterAsync("seen")).Should().BeTrue();
    }

    private async Task<long> DeadLetterCountAsync()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(ConnectionString);
        return await connection.GetDatabase().StreamLengthAsync(new TopicKeys(Prefix, Topic).DeadLetters);
    }
}
