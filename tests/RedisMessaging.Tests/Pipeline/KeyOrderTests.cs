using System.Collections.Concurrent;
using RedisMessaging.Serialization.Envelope;
using RedisMessaging.Tests.Support;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Tests.Pipeline;

/// <summary>Messages of one key one after another, over a receiver without Redis.</summary>
public sealed class KeyOrderTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(KeyOrder.Strict)]
    [InlineData(KeyOrder.Overtaking)]
    public async Task One_key_at_a_time_in_order_and_different_keys_side_by_side(KeyOrder order)
    {
        var running = new ConcurrentDictionary<string, int>();
        var handled = new ConcurrentQueue<string>();
        var together = 0;
        var most = 0;
        var overlaps = 0;
        await using var consumer = new FakeConsumer(
            async (text, context, _) =>
            {
                overlaps += running.AddOrUpdate(context.Key!, 1, (_, now) => now + 1) > 1 ? 1 : 0;
                most = Math.Max(most, Interlocked.Increment(ref together));
                await Task.Yield();
                handled.Enqueue(text);
                Interlocked.Decrement(ref together);
                running.AddOrUpdate(context.Key!, 0, (_, now) => now - 1);
            },
            concurrency: 8,
            prefetch: 50,
            handler: h => h.KeyOrder = order);
        for (var i = 0; i < 2_000; i++)
        {
            consumer.Push($"{i % 7}:{i:0000}", key: $"{i % 7}");
        }

        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Count() == 2_000);
        overlaps.Should().Be(0);
        most.Should().BeInRange(2, 7);
        foreach (var key in handled.GroupBy(text => text[0]))
        {
            key.Should().BeInAscendingOrder(StringComparer.Ordinal);
        }

        consumer.Receiver.MostHandedOut.Should().BeLessThanOrEqualTo(50, "what waits for its key is held, too");
    }

    [Fact]
    public async Task A_slow_key_does_not_stop_the_others_nor_what_is_fetched_for_them()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var others = 0;
        await using var consumer = new FakeConsumer(
            async (_, context, _) =>
            {
                if (context.Key == "slow")
                {
                    await release.Task;
                    return;
                }

                Interlocked.Increment(ref others);
            },
            concurrency: 2,
            prefetch: 10,
            handler: h => h.KeyOrder = KeyOrder.Overtaking);
        // Nine of ten places are taken by it: refilling at half would wait for ever.
        for (var i = 0; i < 9; i++)
        {
            consumer.Push($"slow {i}", key: "slow");
        }

        for (var i = 0; i < 100; i++)
        {
            consumer.Push($"quick {i}", key: i % 2 == 0 ? "quick" : null);
        }

        consumer.Start();
        await Eventually.TrueAsync(() => Volatile.Read(ref others) == 100);
        release.SetResult();
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Count() == 109);
    }

    [Fact]
    public async Task A_key_with_many_messages_takes_its_turn_like_others()
    {
        var allAreThere = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var handled = new ConcurrentQueue<string>();
        await using var consumer = new FakeConsumer(
            async (text, context, _) =>
            {
                handled.Enqueue(text);
                await (context.Key is null ? allAreThere.Task : Task.CompletedTask);
            },
            handler: h => h.KeyOrder = KeyOrder.Strict);
        consumer.Push("free");
        foreach (var text in new[] { "a1", "a2", "a3", "b1", "b2", "c1" })
        {
            consumer.Push(text, key: text[..1]);
        }

        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Receiver.MostHandedOut == 7);
        allAreThere.SetResult();
        await Eventually.TrueAsync(() => handled.Count == 7);
        handled.Should().Equal("free", "a1", "b1", "c1", "a2", "b2", "a3");
    }

    [Fact]
    public async Task Strict_a_failing_message_is_tried_again_here_while_its_key_waits_and_no_handler_is_occupied()
    {
        var time = new TestTime();
        var handled = new ConcurrentQueue<(string Text, int Attempt)>();
        await using var consumer = new FakeConsumer(
            (text, context, _) =>
            {
                handled.Enqueue((text, context.Attempt));
                return text == "a1" && context.Attempt < 3 ? throw new InvalidOperationException("Not yet.") : ValueTask.CompletedTask;
            },
            time: time,
            handler: h =>
            {
                h.KeyOrder = KeyOrder.Strict;
                h.Retry.Delay = TimeSpan.FromSeconds(25);
                h.Retry.MaxDelay = TimeSpan.FromMinutes(1);
                h.Retry.Jitter = 0;
            });
        foreach (var text in new[] { "a1", "a2", "b1", "b2", "free" })
        {
            consumer.Push(text, key: text == "free" ? null : text[..1]);
        }

        consumer.Start();
        await Eventually.TrueAsync(() => handled.Count == 4);
        handled.Should().Equal(("a1", 1), ("b1", 1), ("free", 1), ("b2", 1));
        await AdvanceUntilAsync(time, Lease / 3, () => handled.Count == 7);
        handled.Skip(4).Should().Equal(("a1", 2), ("a1", 3), ("a2", 1));
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Count() == 5);
        consumer.Receiver.Of(SettlementKind.Retry).Should().BeEmpty("it stayed here");
        consumer.Receiver.Of(SettlementKind.Extend).Where(settlement => settlement.Delivery.Receipt == 1).Should().NotBeEmpty("its lease was renewed");
    }

    [Fact]
    public async Task Strict_what_fails_to_the_end_goes_aside_and_its_key_goes_on()
    {
        var handled = new ConcurrentQueue<(string Text, int Attempt)>();
        await using var consumer = new FakeConsumer(
            (text, context, _) =>
            {
                handled.Enqueue((text, context.Attempt));
                return text == "a1" ? throw new InvalidOperationException("Never.") : ValueTask.CompletedTask;
            },
            concurrency: 4,
            handler: h =>
            {
                h.KeyOrder = KeyOrder.Strict;
                (h.Retry.MaxAttempts, h.Retry.Delay) = (3, TimeSpan.FromMilliseconds(1));
            });
        consumer.Push("a1", key: "a");
        consumer.Push("a2", key: "a");
        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Any());
        handled.Should().Equal(("a1", 1), ("a1", 2), ("a1", 3), ("a2", 1));
        consumer.Receiver.Of(SettlementKind.DeadLetter).Should().ContainSingle().Which.Reason.Should().Be(DeadLetterReason.MaxAttempts);
    }

    [Fact]
    public async Task Strict_what_a_handler_throws_says_how_long_to_wait_or_not_to_try_again()
    {
        var time = new TestTime();
        var handled = new ConcurrentQueue<string>();
        await using var consumer = new FakeConsumer(
            (text, context, _) =>
            {
                handled.Enqueue(text);
                return (text, context.Attempt) switch
                {
                    ("a1", 1) => throw new RetryAfterException(TimeSpan.FromHours(2)),
                    ("a2", _) => throw new DeadLetterException("no use"),
                    _ => ValueTask.CompletedTask,
                };
            },
            time: time,
            handler: h => h.KeyOrder = KeyOrder.Strict);
        foreach (var text in new[] { "a1", "a2", "a3" })
        {
            consumer.Push(text, key: "a");
        }

        consumer.Start();
        await Eventually.TrueAsync(() => handled.Count == 1 && time.WaitingTimers > 1);
        time.Advance(TimeSpan.FromMinutes(119));
        await Task.Delay(30);
        handled.Should().Equal("a1");
        time.Advance(TimeSpan.FromMinutes(1));
        await Eventually.TrueAsync(() => handled.Count == 4);
        handled.Should().Equal("a1", "a1", "a2", "a3");
        consumer.Receiver.Of(SettlementKind.DeadLetter).Single().Reason.Should().Be("no use");
    }

    [Fact]
    public async Task Overtaking_a_failing_message_goes_back_and_its_key_goes_on()
    {
        var handled = new ConcurrentQueue<string>();
        await using var consumer = new FakeConsumer(
            (text, _, _) =>
            {
                handled.Enqueue(text);
                return text == "a1" ? throw new InvalidOperationException("Not yet.") : ValueTask.CompletedTask;
            },
            handler: h => h.KeyOrder = KeyOrder.Overtaking);
        consumer.Push("a1", key: "a");
        consumer.Push("a2", key: "a");
        consumer.Start();
        await Eventually.TrueAsync(() => handled.Count == 2 && consumer.Receiver.Of(SettlementKind.Retry).Any());
        consumer.Receiver.Of(SettlementKind.Retry).Single().Starts.Should().Be(1);
    }

    [Fact]
    public async Task A_key_goes_on_when_one_of_it_is_lost_while_it_waits_or_is_to_be_tried_again()
    {
        var time = new TestTime();
        var handled = new ConcurrentQueue<string>();
        await using var consumer = new FakeConsumer(
            (text, _, _) =>
            {
                handled.Enqueue(text);
                return text == "a1" ? throw new RetryAfterException(TimeSpan.FromHours(10)) : ValueTask.CompletedTask;
            },
            time: time,
            handler: h => h.KeyOrder = KeyOrder.Strict);
        // Somebody else takes the first two over.
        consumer.Receiver.OnSettle = batch => batch.Count(settlement => settlement.Kind != SettlementKind.Extend || settlement.Delivery.Receipt == 3);
        foreach (var text in new[] { "a1", "a2", "a3" })
        {
            consumer.Push(text, key: "a");
        }

        consumer.Start();
        await Eventually.TrueAsync(() => handled.Count == 1);
        await AdvanceUntilAsync(time, Lease / 3, () => handled.Count == 2);
        handled.Should().Equal("a1", "a3");
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Any());
    }

    [Fact]
    public async Task Stopping_gives_back_what_waits_for_its_key_in_its_order_when_the_handlers_have_ended()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var handled = new ConcurrentQueue<string>();
        await using var consumer = new FakeConsumer(
            async (text, _, _) =>
            {
                handled.Enqueue(text);
                if (text == "b1")
                {
                    throw new RetryAfterException(TimeSpan.FromHours(1));
                }

                started.TrySetResult();
                await release.Task;
            },
            prefetch: 300,
            handler: h => h.KeyOrder = KeyOrder.Strict);
        consumer.Push("b1", key: "b");
        for (var i = 0; i < 240; i++)
        {
            consumer.Push($"a{i}", key: i % 5 == 4 ? null : "a");
        }

        consumer.Start();
        await Eventually.EndsAsync(started.Task);
        await Eventually.TrueAsync(() => consumer.Receiver.MostHandedOut == 241);
        var stopping = consumer.StopAsync();
        await Task.Delay(50);
        consumer.Receiver.Settlements.Should().BeEmpty("the next of a key could be handled elsewhere before this one has ended");
        release.SetResult();
        await Eventually.EndsAsync(stopping);
        handled.Should().Equal("b1", "a0");
        var released = consumer.Receiver.Batches.Single(batch => batch[0].Kind == SettlementKind.Release);
        released.Should().HaveCount(240, "a transport keeps the order of what comes at once");
        released.Where(settlement => settlement.Starts == 1).Should().ContainSingle("its start goes with it").Which.Delivery.Receipt.ToString().Should().Be("1");
    }

    [Fact]
    public async Task A_redelivered_message_has_its_start_recorded_for_every_attempt_made_here()
    {
        var handled = new ConcurrentQueue<(string Text, int Attempt)>();
        await using var consumer = new FakeConsumer(
            (text, context, _) =>
            {
                handled.Enqueue((text, context.Attempt));
                return text == "a1" && context.Attempt < 4 ? throw new InvalidOperationException("Not yet.") : ValueTask.CompletedTask;
            },
            concurrency: 4,
            handler: h =>
            {
                h.KeyOrder = KeyOrder.Strict;
                h.Retry.Delay = TimeSpan.FromMilliseconds(1);
            });
        consumer.Push("a1", redelivered: true, starts: 1, key: "a");
        consumer.Push("a2", key: "a");
        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Count() == 2);
        handled.Should().Equal(("a1", 2), ("a1", 3), ("a1", 4), ("a2", 1));
        consumer.Receiver.Of(SettlementKind.Start).Select(settlement => settlement.Starts).Should().Equal(2, 3, 4);
    }

    [Theory]
    [InlineData("{\"rm\":1,\"id\":\"1\",\"key\":\"a\\u0062\",\"type\":\"text\"}\n\"key\"", "ab")]
    [InlineData("{\"rm\":1,\"headers\":{\"key\":\"b\"},\"key\" : \"a\"}\n", "a")]
    [InlineData("{\"rm\":1,\"id\":\"1\",\"type\":\"text\"}\n{\"key\":\"a\"}", null)]
    [InlineData("{\"rm\":1,\"key\":null}\n{}", null)]
    [InlineData("{\"rm\":1,\"key\":7}\n{}", null)]
    [InlineData("{\"rm\":1,\"key\":\"a\"", null)]
    [InlineData("{\"rm\":1,key\n", null)]
    [InlineData("{\"key\":\"a\"}\n", null)]
    [InlineData("", null)]
    public void The_key_is_read_where_there_is_one(string frame, string? key) => EnvelopeReaderKey(frame).Should().Be(key);

    private static string? EnvelopeReaderKey(string frame) => RedisMessaging.Serialization.Envelope.EnvelopeReader.ReadKey(System.Text.Encoding.UTF8.GetBytes(frame));

    private static Task AdvanceUntilAsync(TestTime time, TimeSpan step, Func<bool> condition) =>
        Eventually.TrueAsync(async () =>
        {
            if (condition())
            {
                return true;
            }

            time.Advance(step);
            await Task.Delay(20);
            return condition();
        });
}
