using System.Collections.Concurrent;

namespace RedisMessaging.ContractTests;

/// <summary>Messages of one key are handled one after another, where a consumer asks for it.</summary>
public abstract partial class TransportContract<TFixture>
{
    private static readonly TimeSpan ShortWait = TimeSpan.FromMilliseconds(20);

    [ContractFact]
    public async Task Messages_of_one_key_are_handled_one_after_another_and_different_keys_side_by_side()
    {
        var keyed = new KeyedNotes(async (_, _) => await Task.Delay(1));
        var bus = await ConnectAsync();
        await bus.SubscribeAsync<Note>(Topic, keyed.HandleAsync, Ordered(KeyOrder.Strict, concurrency: 8));

        await bus.PublishManyAsync(Keyed(400, keys: 5));

        await keyed.HasAsync(400);
        keyed.Overlaps.Should().Be(0);
        keyed.Most.Should().BeInRange(2, 5);
        keyed.Notes.GroupBy(note => note.Key).Should().HaveCount(5).And.AllSatisfy(key => key.Should().BeInAscendingOrder(note => note.Number));
    }

    [ContractFact]
    public async Task Strict_a_failing_message_keeps_its_key_waiting_and_no_other()
    {
        var keyed = new KeyedNotes((note, context) => note.Number == 0 && context.Attempt < 4 ? throw new InvalidOperationException("Not yet.") : Task.CompletedTask);
        var bus = await ConnectAsync();
        await bus.SubscribeAsync<Note>(Topic, keyed.HandleAsync, Ordered(KeyOrder.Strict));

        // 0, 3, 6, … are of key 0.
        await bus.PublishManyAsync(Keyed(30, keys: 3));

        await keyed.HasAsync(33);
        keyed.Notes.Where(note => note.Key == "0").Select(note => (note.Number, note.Attempt)).Should()
            .Equal([(0, 1), (0, 2), (0, 3), .. Enumerable.Range(0, 10).Select(number => (3 * number, number == 0 ? 4 : 1))]);
        keyed.Notes.Where(note => note.Key != "0").Should().OnlyContain(note => note.Attempt == 1);
        keyed.Notes.TakeWhile(note => note is not { Key: "0", Attempt: 4 }).Should().Contain(note => note.Key != "0", "the others did not wait for it");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Retries))]
    public async Task Overtaking_a_failing_message_lets_later_ones_of_its_key_pass_and_comes_again_marked()
    {
        // So long that a busy machine has handled the others by then.
        var keyed = new KeyedNotes((note, context) => note.Number == 0 && context.Attempt == 1 ? throw new RetryAfterException(TimeSpan.FromSeconds(2)) : Task.CompletedTask);
        var bus = await ConnectAsync();
        await bus.SubscribeAsync<Note>(Topic, keyed.HandleAsync, Ordered(KeyOrder.Overtaking));

        await bus.PublishManyAsync(Keyed(10, keys: 1));

        await keyed.HasAsync(11);
        keyed.Notes.Select(note => (note.Number, note.Attempt)).Should().Equal([.. Enumerable.Range(0, 10).Select(number => (number, 1)), (0, 2)]);
    }

    [ContractFact]
    public async Task A_slow_key_does_not_stop_the_others()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var keyed = new KeyedNotes((note, _) => note.Text == "slow" ? release.Task : Task.CompletedTask);
        var bus = await ConnectAsync();
        var options = Ordered(KeyOrder.Overtaking, concurrency: 2);
        options.Prefetch = 10;
        await bus.SubscribeAsync<Note>(Topic, keyed.HandleAsync, options);

        await bus.PublishManyAsync(Enumerable.Range(0, 8).Select(number => new OutgoingMessage<Note>(new Note("slow", number), new PublishOptions { Key = "slow" })));
        await bus.PublishManyAsync(Keyed(100, keys: 3));
        await bus.PublishManyAsync(Notes(20));

        await keyed.HasAsync(120);
        release.SetResult();
        await keyed.HasAsync(128);
        keyed.Notes.Where(note => note.Key == "slow").Should().BeInAscendingOrder(note => note.Number);
    }

    [ContractFact]
    public async Task A_key_may_have_more_messages_than_the_prefetch()
    {
        var keyed = new KeyedNotes((_, _) => Task.CompletedTask);
        var bus = await ConnectAsync();
        var options = Ordered(KeyOrder.Strict);
        options.Prefetch = 7;
        await bus.SubscribeAsync<Note>(Topic, keyed.HandleAsync, options);

        await bus.PublishManyAsync(Keyed(200, keys: 1));

        await keyed.HasAsync(200);
        keyed.Notes.Select(note => note.Number).Should().Equal(Enumerable.Range(0, 200));
    }

    [ContractFact]
    public async Task Strict_what_fails_to_the_end_is_given_up_and_its_key_goes_on()
    {
        var keyed = new KeyedNotes((note, _) => note.Number == 0 ? throw new InvalidOperationException("Never.") : Task.CompletedTask);
        var bus = await ConnectAsync();
        var options = Ordered(KeyOrder.Strict);
        options.Retry.MaxAttempts = 3;
        await bus.SubscribeAsync<Note>(Topic, keyed.HandleAsync, options);

        await bus.PublishManyAsync(Keyed(3, keys: 1));

        await keyed.HasAsync(5);
        keyed.Notes.Select(note => (note.Number, note.Attempt)).Should().Equal((0, 1), (0, 2), (0, 3), (1, 1), (2, 1));
        if (Fixture.Capabilities.DeadLetters)
        {
            (await TheDeadLetterAsync(bus)).Should().Match<DeadLetter>(letter => letter.Reason == "max-attempts" && letter.Attempts == 3);
        }
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task Stopped_it_gives_back_in_order_what_waits_for_its_key()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = new KeyedNotes((_, _) => release.Task);
        var second = new KeyedNotes((_, _) => Task.CompletedTask);
        var bus = await ConnectAsync();
        await bus.PublishManyAsync(Keyed(301, keys: 1));
        var options = Ordered(KeyOrder.Strict, concurrency: 4);
        options.Prefetch = 400;
        var subscription = await bus.SubscribeAsync<Note>(Topic, first.HandleAsync, options);
        await first.HasAsync(1);

        var stopping = subscription.DisposeAsync().AsTask();
        release.SetResult();
        await Eventually.EndsAsync(stopping);
        await (await ConnectAsync()).SubscribeAsync<Note>(Topic, second.HandleAsync, Ordered(KeyOrder.Strict, concurrency: 4));

        await second.HasAsync(300);
        first.Notes.Should().ContainSingle();
        second.Notes.Select(note => (note.Number, note.Attempt)).Should().Equal(Enumerable.Range(1, 300).Select(number => (number, 1)));
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task A_server_killed_and_restarted_leaves_every_key_in_order()
    {
        await using var server = await RedisServer.StartPrivateAsync(appendOnly: true);
        Server = server;
        var keyed = new KeyedNotes((note, context) => note.Number % 20 == 7 && context.Attempt == 1 ? throw new InvalidOperationException("Not yet.") : Task.CompletedTask);
        var consumer = await ConnectAsync();
        await consumer.SubscribeAsync<Note>(Topic, keyed.HandleAsync, Ordered(KeyOrder.Strict, concurrency: 8));
        var publisher = await ConnectAsync();
        var accepted = await PublishThroughRestartAsync(server, 300, async number => await publisher.PublishAsync(new Note("published", number), new PublishOptions { Key = $"{number % 10}" }));

        await Eventually.TrueAsync(() => !accepted.Except(keyed.Notes.Select(note => note.Number)).Any(), within: TimeSpan.FromSeconds(60), what: "everything accepted arrives");
        keyed.Overlaps.Should().Be(0);
        keyed.Notes.GroupBy(note => note.Key).Should().AllSatisfy(key => key.Should().BeInAscendingOrder(note => note.Number));
    }

    private static SubscribeOptions Ordered(KeyOrder order, int concurrency = 4)
    {
        var options = new SubscribeOptions { Group = "ordered", KeyOrder = order, Concurrency = concurrency };
        (options.Retry.Delay, options.Retry.Backoff) = (ShortWait, RetryBackoff.Fixed);
        return options;
    }

    private static IEnumerable<OutgoingMessage<Note>> Keyed(int count, int keys) => Notes(count).Select(note => new OutgoingMessage<Note>(note, new PublishOptions { Key = $"{note.Number % keys}" }));
}
