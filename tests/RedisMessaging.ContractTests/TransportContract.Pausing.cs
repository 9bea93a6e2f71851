using System.Collections.Concurrent;
using System.Diagnostics;

namespace RedisMessaging.ContractTests;

/// <summary>Pausing consumers, and how fast they may go.</summary>
public abstract partial class TransportContract<TFixture>
{
    /// <summary>A pause is to be seen within a second; what is more is the test machine's.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(3);

    [ContractFact]
    public async Task A_paused_topic_starts_no_handler_in_any_process_until_it_is_resumed()
    {
        var inbox = new Inbox();
        var subscriptions = new List<IMessageSubscription>();
        foreach (var bus in new[] { await ConnectAsync(), await ConnectAsync() })
        {
            subscriptions.Add(await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync, new SubscribeOptions { Group = "both" }));
        }

        var operators = await ConnectAsync();
        await operators.PublishAsync(new Note("before"));
        await inbox.HasAsync(new Note("before"));

        (await operators.Topic(Topic).PauseAsync()).Should().BeTrue();
        (await operators.Topic(Topic).PauseAsync()).Should().BeFalse();
        await Eventually.TrueAsync(() => subscriptions.All(subscription => subscription.IsPaused), Soon);
        var before = inbox.Count;
        await operators.PublishManyAsync(Notes(50));
        await Task.Delay(300);
        inbox.Count.Should().Be(before);
        var pause = (await operators.Topic(Topic).GetPausedAsync()).Should().ContainSingle().Which;
        pause.Group.Should().BeNull();
        pause.Since.Should().BeCloseTo(TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(1));

        (await operators.Topic(Topic).ResumeAsync()).Should().BeTrue();

        await Eventually.TrueAsync(() => !Enumerable.Range(0, 50).Except(inbox.Numbers.Skip(before)).Any(), what: "nothing is lost");
        (await operators.Topic(Topic).GetPausedAsync()).Should().BeEmpty();
        (await operators.Topic(Topic).ResumeAsync()).Should().BeFalse();
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Acks))]
    public async Task What_waits_for_its_key_goes_back_in_order_when_the_consumer_is_paused()
    {
        var bus = await ConnectAsync();
        var begun = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        await bus.PublishAsync(new Note("first of a", -1), new PublishOptions { Key = "a" });
        await bus.PublishManyAsync(Enumerable.Range(0, 40).Select(number => new OutgoingMessage<Note>(new Note("", number), new PublishOptions { Key = number % 2 == 0 ? "a" : "b" })));
        await bus.PublishAsync(new Note("first of c", -2), new PublishOptions { Key = "c" });
        var paused = await bus.SubscribeAsync<Note>(
            Topic,
            async (note, _, _) =>
            {
                // The last one: all are fetched by then. Of what this consumer has not fetched, another one may take any.
                if (note.Number == -2)
                {
                    begun.TrySetResult();
                }

                await release.Task;
            },
            new SubscribeOptions { Group = "keys", KeyOrder = KeyOrder.Strict, Concurrency = 4 });
        await begun.Task;

        await paused.PauseAsync();
        release.SetResult();
        var inbox = new Inbox();
        await (await ConnectAsync()).SubscribeAsync<Note>(Topic, inbox.HandleAsync, new SubscribeOptions { Group = "keys" });

        await Eventually.TrueAsync(() => inbox.Numbers.Where(number => number >= 0).Distinct().Count() >= 39, what: "all but what may have been started is handled elsewhere");
        foreach (var parity in new[] { 0, 1 })
        {
            inbox.Numbers.Where(number => number >= 0 && number % 2 == parity).Should().BeInAscendingOrder();
        }
    }

    [ContractFact]
    public async Task A_rate_limit_counts_every_message_of_a_batch()
    {
        var handled = 0;
        var bus = await ConnectAsync();
        await bus.SubscribeBatchAsync<Note>(
            Topic,
            (batch, _) =>
            {
                Interlocked.Add(ref handled, batch.Count);
                return ValueTask.CompletedTask;
            },
            new BatchSubscribeOptions { BatchSize = 5, BatchWait = TimeSpan.FromMilliseconds(20), RateLimit = new RateLimit(20, TimeSpan.FromSeconds(30)) });

        await bus.PublishManyAsync(Notes(60));

        await Eventually.TrueAsync(() => Volatile.Read(ref handled) >= 20);
        await Task.Delay(300);
        Volatile.Read(ref handled).Should().BeLessThan(40);
    }

    [ContractFact]
    public async Task A_batch_that_waits_for_more_waits_no_longer_once_its_consumer_is_paused()
    {
        var inbox = new Inbox();
        var steps = new ConcurrentQueue<string>();
        var bus = await ConnectAsync(messaging => messaging.AddConsumeFilter(new RecordingFilter("joins", steps)));
        var subscription = await bus.SubscribeBatchAsync<Note>(
            Topic,
            async (batch, token) =>
            {
                foreach (var message in batch)
                {
                    await inbox.HandleAsync(message.Message!, message, token);
                }
            },
            new BatchSubscribeOptions { BatchSize = 10, BatchWait = TimeSpan.FromMinutes(10) });
        await bus.PublishManyAsync(Notes(3));
        await Eventually.TrueAsync(() => steps.Count == 3);

        await subscription.PauseAsync();

        await inbox.HasAsync(3);
        await bus.PublishManyAsync(Notes(3));
        await Task.Delay(200);
        inbox.Count.Should().Be(3);
    }

    [ContractFact]
    public async Task A_paused_batch_handler_is_given_no_batch_and_goes_on_when_it_is_resumed()
    {
        var inbox = new Inbox();
        var bus = await ConnectAsync();
        var subscription = await bus.SubscribeBatchAsync<Note>(
            Topic,
            async (batch, token) =>
            {
                foreach (var message in batch)
                {
                    await inbox.HandleAsync(message.Message!, message, token);
                }
            },
            new BatchSubscribeOptions { BatchSize = 10, BatchWait = TimeSpan.FromMilliseconds(20) });
        await bus.PublishManyAsync(Notes(25));
        await inbox.HasAsync(25);

        await subscription.PauseAsync();
        await bus.PublishManyAsync(Enumerable.Range(25, 25).Select(number => new Note("", number)));
        await Task.Delay(300);
        inbox.Count.Should().Be(25);
        await subscription.ResumeAsync();

        await inbox.HasAsync(50);
        inbox.Numbers.Distinct().Should().HaveCount(50);
    }

    [ContractFact]
    public async Task A_consumer_that_starts_while_its_group_is_paused_is_paused()
    {
        var operators = await ConnectAsync();
        await operators.Topic(Topic).PauseAsync("workers");
        var inbox = new Inbox();

        var subscription = await (await ConnectAsync()).SubscribeAsync<Note>(Topic, inbox.HandleAsync, new SubscribeOptions { Group = "workers" });

        subscription.IsPaused.Should().BeTrue();
        await operators.PublishAsync(new Note("waits"));
        await Task.Delay(200);
        inbox.Count.Should().Be(0);
        await operators.Topic(Topic).ResumeAsync("workers");
        await inbox.HasAsync(new Note("waits"));
    }

    [ContractFact(Requires = nameof(TransportCapabilities.FanOut))]
    public async Task A_paused_group_leaves_the_others_alone()
    {
        var bus = await ConnectAsync();
        var paused = new Inbox();
        var others = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, paused.HandleAsync, new SubscribeOptions { Group = "paused" });
        await bus.SubscribeAsync<Note>(Topic, others.HandleAsync, new SubscribeOptions { Group = "others" });
        await bus.Topic(Topic).PauseAsync("paused");
        await bus.Topic(Topic).PauseAsync("nobody");
        await Task.Delay(500);

        await bus.PublishAsync(new Note("for all"));

        await others.HasAsync(1);
        paused.Count.Should().Be(0);
        (await bus.Topic(Topic).GetPausedAsync()).Select(pause => pause.Group).Should().Equal("paused", "nobody");
        await bus.Topic(Topic).ResumeAsync("paused");
        await paused.HasAsync(1);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.CompetingConsumers))]
    public async Task What_a_paused_subscription_had_fetched_goes_to_the_others_at_once()
    {
        var bus = await ConnectAsync();
        var started = new ConcurrentQueue<int>();
        var proceed = new TaskCompletionSource();
        var busy = await bus.SubscribeAsync<Note>(Topic, async (note, _, token) =>
        {
            started.Enqueue(note.Number);
            await proceed.Task.WaitAsync(token);
        });
        await bus.PublishManyAsync(Notes(50));
        await Eventually.TrueAsync(() => !started.IsEmpty);

        // The lease is 30 s: only what is given back can arrive before.
        await busy.PauseAsync();

        busy.IsPaused.Should().BeTrue();
        var others = new Inbox();
        await (await ConnectAsync()).SubscribeAsync<Note>(Topic, others.HandleAsync);
        await others.HasAsync(49);
        started.Should().HaveCount(1);
        proceed.SetResult();
        await bus.PublishAsync(new Note("one more", 50));
        await others.HasAsync(50);
        others.Numbers.Concat(started).Should().BeEquivalentTo(Enumerable.Range(0, 51));
        await busy.ResumeAsync();
        busy.IsPaused.Should().BeFalse();
        await Eventually.TrueAsync(async () =>
        {
            await bus.PublishAsync(new Note("again", 51));
            return started.Contains(51);
        });
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Acks))]
    public async Task A_handler_that_runs_keeps_its_lease_through_a_long_pause()
    {
        // Long enough for a busy machine to renew it in time.
        var lease = TimeSpan.FromSeconds(4);
        var bus = await ConnectAsync(lease: lease);
        var attempts = new ConcurrentQueue<int>();
        string? running = null;
        var proceed = new TaskCompletionSource();
        var subscription = await bus.SubscribeAsync<Note>(Topic, async (note, context, token) =>
        {
            running ??= context.MessageId;
            attempts.Enqueue(context.Attempt);
            await proceed.Task.WaitAsync(token);
        });
        var other = new Inbox();
        await (await ConnectAsync(lease: lease)).SubscribeAsync<Note>(Topic, other.HandleAsync, new SubscribeOptions { Group = "contract", Prefetch = 1 });
        await Eventually.TrueAsync(async () =>
        {
            await bus.PublishAsync(new Note("long"));
            return !attempts.IsEmpty;
        });

        await bus.Topic(Topic).PauseAsync();
        await Eventually.TrueAsync(() => subscription.IsPaused, Soon);
        var handled = other.Count;
        await Task.Delay(1.5 * lease);
        attempts.Should().ContainSingle("it is neither started again here");
        other.Contexts.Should().NotContain(context => context.MessageId == running, "nor there");
        proceed.SetResult();
        await bus.PublishManyAsync(Notes(5, first: 100));
        await bus.Topic(Topic).ResumeAsync();

        await Eventually.TrueAsync(() => attempts.Count + other.Numbers.Count >= handled + 6);
        other.Contexts.Should().NotContain(context => context.Attempt != 1);
        attempts.Should().NotContain(attempt => attempt != 1);
        Log.Lines.Should().NotContain(line => line.Id == 5003, "no lease was lost");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task A_pause_survives_a_restart_of_the_server()
    {
        await using var server = await RedisServer.StartPrivateAsync(appendOnly: true);
        Server = server;
        var bus = await ConnectAsync();
        var inbox = new Inbox();
        var subscription = await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        await bus.Topic(Topic).PauseAsync();
        await Eventually.TrueAsync(() => subscription.IsPaused, Soon);
        await bus.PublishManyAsync(Notes(10));

        await server.RestartAsync();

        await Eventually.TrueAsync(async () => await PublishesAsync(bus, new Note("after", 10)));
        inbox.Count.Should().Be(0);
        subscription.IsPaused.Should().BeTrue();
        await bus.Topic(Topic).ResumeAsync();
        await Eventually.TrueAsync(() => Enumerable.Range(0, 11).All(inbox.Numbers.Contains));
    }

    [ContractFact]
    public async Task A_reader_waits_while_its_topic_is_paused()
    {
        var bus = await ConnectAsync();
        await bus.Topic(Topic).PauseAsync();
        await using var messages = bus.ReadAsync<Note>(Topic).GetAsyncEnumerator();
        var next = messages.MoveNextAsync().AsTask();
        await Task.Delay(200);
        await bus.PublishAsync(new Note("read later"));
        await Task.Delay(200);
        next.IsCompleted.Should().BeFalse();

        await bus.Topic(Topic).ResumeAsync();

        (await Eventually.EndsAsync(next)).Should().BeTrue();
        messages.Current.Message.Text.Should().Be("read later");
        await bus.Topic(Topic).PauseAsync();
        var end = messages.MoveNextAsync().AsTask();
        await Eventually.EndsAsync(bus.DisposeAsync().AsTask());
        (await Eventually.EndsAsync(end)).Should().BeFalse("closing the bus ends a reader that is paused");
    }

    [ContractFact(Without = nameof(TransportCapabilities.Durable))]
    public async Task Without_a_store_messages_gather_in_the_buffer_and_are_dropped_once_it_is_full()
    {
        var topic = "gathering-" + Guid.NewGuid().ToString("N");
        using var dropped = new Counted("redismessaging.messages.dropped", topic);
        var bus = await ConnectAsync(messaging => Fixture.AddTopic(
            messaging,
            topic,
            options =>
            {
                options.Carries<Note>();
                ((PubSubOptions)options).BufferCapacity = 20;
            },
            null));
        var inbox = new Inbox();
        var subscription = await bus.SubscribeAsync<Note>(topic, inbox.HandleAsync);
        await subscription.PauseAsync();

        // What had been fetched when the pause came is kept beside the buffer.
        await bus.PublishManyAsync(topic, Notes(200));
        await Eventually.TrueAsync(() => dropped.Total >= 80);
        inbox.Count.Should().Be(0);
        await subscription.ResumeAsync();

        await Eventually.TrueAsync(() => inbox.Count + dropped.Total == 200);
        inbox.Numbers.Should().EndWith(199, "the oldest were dropped");
    }

    [ContractFact]
    public async Task A_rate_limit_holds_handlers_back()
    {
        var bus = await ConnectAsync();
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync, new SubscribeOptions { Concurrency = 4, RateLimit = new RateLimit(20, TimeSpan.FromSeconds(1)) });

        var watch = Stopwatch.StartNew();
        await bus.PublishManyAsync(Notes(50));
        await inbox.HasAsync(50);

        // 20 at once, and 30 more at 20 a second.
        watch.Elapsed.Should().BeGreaterThan(TimeSpan.FromSeconds(1.4)).And.BeLessThan(TimeSpan.FromSeconds(15));
        inbox.Numbers.Should().BeEquivalentTo(Enumerable.Range(0, 50));
    }
}
