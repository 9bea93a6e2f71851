using System.Collections.Concurrent;

namespace RedisMessaging.ContractTests;

/// <summary>Consumers that pause when everything fails (PauseOn).</summary>
public abstract partial class TransportContract<TFixture>
{
    private static readonly TimeSpan ShortPause = TimeSpan.FromMilliseconds(300);

    [ContractFact]
    public async Task While_what_handlers_depend_on_is_away_no_message_is_given_up_and_none_is_lost()
    {
        var handled = new ConcurrentQueue<(int Number, int Attempt)>();
        var isAway = true;
        var failures = 0;
        var bus = await ConnectAsync();
        var options = Breaking(after: 3);
        options.Concurrency = 4;
        options.Retry.MaxAttempts = 4;
        var subscription = await bus.SubscribeAsync<Note>(
            Topic,
            (note, context, _) =>
            {
                if (Volatile.Read(ref isAway))
                {
                    Interlocked.Increment(ref failures);
                    throw new TimeoutException("The database is away.");
                }

                handled.Enqueue((note.Number, context.Attempt));
                return ValueTask.CompletedTask;
            },
            options);
        await bus.PublishManyAsync(Notes(50));
        await Eventually.TrueAsync(() => Log.Lines.Count(line => line.Id == 5028) >= 3, what: "it was tried three times");
        // Three opened it, others ran beside the last of them, and one for each trial.
        Volatile.Read(ref failures).Should().BeLessThanOrEqualTo(Log.Lines.Count(line => line.Id == 5028) + 3 + options.Concurrency.Value);

        Volatile.Write(ref isAway, false);

        await Eventually.TrueAsync(() => handled.Count >= 50);
        handled.Select(one => one.Number).Should().BeEquivalentTo(Enumerable.Range(0, 50));
        handled.Should().OnlyContain(one => one.Attempt <= 3);
        await Eventually.TrueAsync(() => !subscription.IsPaused);
        Log.Lines.Should().ContainSingle(line => line.Id == 5030);
        if (Fixture.Capabilities.DeadLetters)
        {
            (await bus.Topic(Topic).DeadLetters.CountAsync()).Should().Be(0);
        }
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Retries))]
    public async Task A_message_that_always_fails_keeps_no_other_from_being_handled_and_is_given_up_in_the_end()
    {
        var inbox = new Inbox();
        var bus = await ConnectAsync();
        var options = Breaking(after: 2);
        options.Retry.MaxAttempts = 3;
        await bus.SubscribeAsync<Note>(
            Topic,
            (note, context, token) => note.Number == 0 ? throw new TimeoutException("Always.") : inbox.HandleAsync(note, context, token),
            options);
        await bus.PublishAsync(new Note("bad", 0));
        await Eventually.TrueAsync(() => Log.Lines.Any(line => line.Id == 5027));

        for (var number = 1; number <= 5; number++)
        {
            await bus.PublishAsync(new Note("good", number));
            var expected = number;
            await Eventually.TrueAsync(() => inbox.Count == expected);
        }

        if (Fixture.Capabilities.DeadLetters)
        {
            var next = 5;
            await Eventually.TrueAsync(
                async () =>
                {
                    await bus.PublishAsync(new Note("good", ++next));
                    await Task.Delay(200);
                    return await bus.Topic(Topic).DeadLetters.CountAsync() == 1;
                },
                TimeSpan.FromSeconds(40));
            (await TheDeadLetterAsync(bus)).Should().Match<DeadLetter>(letter => letter.Reason == "max-attempts" && letter.Attempts == 3);
        }
    }

    [ContractFact]
    public async Task Strict_key_order_survives_the_pauses()
    {
        var isAway = true;
        var succeeded = new ConcurrentQueue<(string Key, int Number)>();
        var keyed = new KeyedNotes((note, context) =>
        {
            if (Volatile.Read(ref isAway))
            {
                throw new TimeoutException("The database is away.");
            }

            succeeded.Enqueue((context.Key!, note.Number));
            return Task.CompletedTask;
        });
        var bus = await ConnectAsync();
        var options = Ordered(KeyOrder.Strict);
        options.PauseOn<TimeoutException>(2, ShortPause);
        await bus.SubscribeAsync<Note>(Topic, keyed.HandleAsync, options);
        await bus.PublishManyAsync(Keyed(60, keys: 3));
        await Eventually.TrueAsync(() => Log.Lines.Count(line => line.Id == 5028) >= 3, what: "it was tried three times");

        Volatile.Write(ref isAway, false);

        await Eventually.TrueAsync(() => succeeded.Count >= 60);
        keyed.Overlaps.Should().Be(0);
        succeeded.Should().HaveCount(60);
        succeeded.GroupBy(one => one.Key).Should().HaveCount(3).And.AllSatisfy(key => key.Should().BeInAscendingOrder(one => one.Number));
    }

    [ContractFact]
    public async Task Batches_pause_their_consumer_and_are_tried_with_one_message()
    {
        var isAway = true;
        var sizes = new ConcurrentQueue<int>();
        var inbox = new Inbox();
        var bus = await ConnectAsync();
        var options = new BatchSubscribeOptions { BatchSize = 10, BatchWait = TimeSpan.FromMinutes(1), Group = "breaking" };
        options.Retry.MaxAttempts = 2;
        options.PauseOn<TimeoutException>(1, ShortPause);
        await bus.SubscribeBatchAsync<Note>(
            Topic,
            async (batch, token) =>
            {
                sizes.Enqueue(batch.Count);
                if (Volatile.Read(ref isAway))
                {
                    throw new TimeoutException("The database is away.");
                }

                foreach (var message in batch)
                {
                    await inbox.HandleAsync(message.Message, message, token);
                }
            },
            options);
        await bus.PublishManyAsync(Notes(30));
        await Eventually.TrueAsync(() => Log.Lines.Count(line => line.Id == 5028) >= 2, what: "it was tried twice");
        sizes.First().Should().Be(10);
        sizes.Skip(1).Should().OnlyContain(size => size == 1);

        Volatile.Write(ref isAway, false);

        // What was tried may come alone, after the others.
        await Eventually.TrueAsync(
            async () =>
            {
                await bus.PublishManyAsync(Notes(10, first: 100));
                await Task.Delay(200);
                return inbox.Numbers.Count(number => number < 100) >= 30;
            });
        inbox.Numbers.Where(number => number < 100).Should().BeEquivalentTo(Enumerable.Range(0, 30));
        inbox.Contexts.Should().OnlyContain(context => context.Attempt == 1);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.CompetingConsumers))]
    public async Task Other_processes_get_at_once_what_a_consumer_that_fails_had_fetched()
    {
        var bus = await ConnectAsync();
        await bus.PublishManyAsync(Notes(50));
        var options = Breaking(after: 1);
        // The lease is 30 s, and so is the pause: only what is given back can arrive before.
        options.PauseOn<InvalidOperationException>(1, TimeSpan.FromSeconds(30));
        var failing = await bus.SubscribeAsync<Note>(Topic, (_, _, _) => throw new InvalidOperationException("Only here."), options);
        await Eventually.TrueAsync(() => failing.IsPaused);

        var others = new Inbox();
        await (await ConnectAsync()).SubscribeAsync<Note>(Topic, others.HandleAsync, new SubscribeOptions { Group = "breaking" });

        await others.HasAsync(50);
        others.Numbers.Should().BeEquivalentTo(Enumerable.Range(0, 50));
        others.Contexts.Should().OnlyContain(context => context.Attempt == 1);
        failing.IsPaused.Should().BeTrue();
    }

    [ContractFact]
    public async Task A_pause_after_failures_leaves_what_operators_paused_as_it_is()
    {
        var isAway = true;
        var inbox = new Inbox();
        var bus = await ConnectAsync();
        var subscription = await bus.SubscribeAsync<Note>(
            Topic,
            (note, context, token) => Volatile.Read(ref isAway) ? throw new TimeoutException("The database is away.") : inbox.HandleAsync(note, context, token),
            Breaking(after: 1));
        await bus.PublishAsync(new Note("held"));
        await Eventually.TrueAsync(() => subscription.IsPaused);
        await subscription.PauseAsync();
        Volatile.Write(ref isAway, false);
        await Eventually.TrueAsync(() => Log.Lines.Any(line => line.Id == 5029));
        await Task.Delay(200);
        inbox.Count.Should().Be(0);
        subscription.IsPaused.Should().BeTrue();

        await subscription.ResumeAsync();

        await inbox.HasAsync(1);
        await Eventually.TrueAsync(() => !subscription.IsPaused);
    }

    private static SubscribeOptions Breaking(int after)
    {
        var options = new SubscribeOptions { Group = "breaking" };
        (options.Retry.Delay, options.Retry.Backoff) = (ShortWait, RetryBackoff.Fixed);
        options.PauseOn<TimeoutException>(after, ShortPause);
        return options;
    }
}
