using System.Collections.Concurrent;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Tests.Support;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Tests.Pipeline;

/// <summary>Batch handlers, over a receiver without Redis.</summary>
public sealed class BatchTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<string[]> _batches = new();

    [Fact]
    public async Task A_full_batch_runs_at_once_and_one_that_is_not_when_its_wait_is_over()
    {
        var time = new TestTime();
        await using var consumer = Consumer(Note, size: 10, time: time);
        Push(consumer, 25);
        consumer.Start();
        await Eventually.TrueAsync(() => _batches.Count == 2 && consumer.Receiver.Of(SettlementKind.Ack).Count() == 20);
        time.Advance(TimeSpan.FromSeconds(1) - TimeSpan.FromMilliseconds(1));
        await Task.Delay(30);
        _batches.Should().HaveCount(2);
        time.Advance(TimeSpan.FromMilliseconds(1));
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Count() == 25);
        _batches.Select(batch => batch.Length).Should().Equal(10, 10, 5);
        _batches.SelectMany(batch => batch).Should().Equal(Enumerable.Range(0, 25).Select(Text));
    }

    [Fact]
    public async Task One_whose_bytes_are_used_up_does_not_wait_for_more()
    {
        var time = new TestTime();
        await using var consumer = Consumer(Note, size: 10, time: time, options: h => h.PrefetchBytes = 4_000);
        for (var i = 0; i < 9; i++)
        {
            consumer.Push(Text(i) + new string('x', 2_000));
        }

        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Count() >= 8);
        _batches.Should().OnlyContain(batch => batch.Length <= 2);
    }

    [Fact]
    public async Task Without_a_wait_it_takes_what_is_there()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var consumer = Consumer(
            async (batch, token) =>
            {
                await Note(batch, token);
                await release.Task;
            },
            size: 10,
            wait: TimeSpan.Zero);
        consumer.Push("first");
        consumer.Start();
        await Eventually.TrueAsync(() => _batches.Count == 1);
        Push(consumer, 7);
        await Eventually.TrueAsync(() => consumer.Receiver.MostHandedOut == 8);
        release.SetResult();
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Count() == 8);
        _batches.First().Should().Equal("first");
        _batches.Skip(1).SelectMany(batch => batch).Should().Equal(Enumerable.Range(0, 7).Select(Text));
        _batches.Count.Should().BeLessThan(4, "what came meanwhile goes together");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task As_many_batches_run_at_once_as_the_concurrency_and_no_more(int concurrency)
    {
        var running = 0;
        var most = 0;
        var handled = 0;
        await using var consumer = Consumer(
            async (batch, _) =>
            {
                most = Math.Max(most, Interlocked.Increment(ref running));
                await Task.Delay(10, CancellationToken.None);
                Interlocked.Decrement(ref running);
                Interlocked.Add(ref handled, batch.Count);
            },
            size: 5,
            concurrency: concurrency).Start();
        Push(consumer, 200);
        await Eventually.TrueAsync(() => Volatile.Read(ref handled) == 200);
        most.Should().Be(concurrency);
        consumer.Receiver.MostHandedOut.Should().BeLessThanOrEqualTo(100);
    }

    [Fact]
    public async Task With_one_at_a_time_batches_and_their_messages_keep_the_order()
    {
        await using var consumer = Consumer(
            async (batch, token) =>
            {
                await Task.Yield();
                await Note(batch, token);
            },
            size: 7,
            wait: TimeSpan.FromMilliseconds(1)).Start();
        Push(consumer, 1_000);
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Count() == 1_000);
        _batches.SelectMany(batch => batch).Should().Equal(Enumerable.Range(0, 1_000).Select(Text));
    }

    [Fact]
    public async Task Each_message_is_settled_by_itself_and_keeps_the_verdict_the_handler_gave_it()
    {
        await using var consumer = Consumer(
            async (batch, token) =>
            {
                await Note(batch, token);
                (await batch[0].AckAsync(token)).Should().BeTrue();
                (await batch[1].NackAsync(TimeSpan.FromSeconds(5), token)).Should().BeTrue();
                (await batch[2].DeadLetterAsync("said so", token)).Should().BeTrue();
                (await batch[2].AckAsync(token)).Should().BeFalse("the first verb counts");
                throw new InvalidOperationException("No.");
            },
            size: 5,
            options: h => h.Retry.DoNotRetry<InvalidOperationException>());
        Push(consumer, 5);
        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Receiver.Settlements.Count() == 5);
        await Task.Delay(30);
        consumer.Receiver.Settlements.OrderBy(settlement => (long)settlement.Delivery.Receipt).Select(settlement => (settlement.Kind, settlement.Reason, settlement.Delay.TotalSeconds)).Should().Equal(
            (SettlementKind.Ack, null, 0),
            (SettlementKind.Retry, null, 5),
            (SettlementKind.DeadLetter, "said so", 0),
            (SettlementKind.DeadLetter, DeadLetterReason.NotRetryable, 0),
            (SettlementKind.DeadLetter, DeadLetterReason.NotRetryable, 0));
    }

    [Fact]
    public async Task Some_may_fail_each_with_its_own_error()
    {
        await using var consumer = Consumer(
            (batch, _) =>
            {
                throw new BatchException(new Dictionary<MessageContext, Exception>
                {
                    [batch[1]] = new DeadLetterException("broken"),
                    [batch[2]] = new RetryAfterException(TimeSpan.FromSeconds(7)),
                    [batch[3]] = new InvalidOperationException("No."),
                });
            },
            size: 5,
            options: h => (h.Retry.Delay, h.Retry.Jitter) = (TimeSpan.FromSeconds(3), 0));
        Push(consumer, 5);
        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Receiver.Settlements.Count() == 5);
        consumer.Receiver.Settlements.OrderBy(settlement => (long)settlement.Delivery.Receipt).Select(settlement => (settlement.Kind, settlement.Reason, settlement.Delay.TotalSeconds)).Should().Equal(
            (SettlementKind.Ack, null, 0),
            (SettlementKind.DeadLetter, "broken", 0),
            (SettlementKind.Retry, null, 7),
            (SettlementKind.Retry, null, 3),
            (SettlementKind.Ack, null, 0));
    }

    [Fact]
    public async Task Immediate_attempts_join_a_batch_again()
    {
        await using var consumer = Consumer(
            async (batch, token) =>
            {
                await Note(batch, token);
                if (batch[0].Attempt == 1)
                {
                    throw new InvalidOperationException("Not yet.");
                }
            },
            size: 5,
            options: h => h.Retry.ImmediateAttempts = 1);
        Push(consumer, 5);
        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Count() == 5);
        _batches.Should().HaveCount(2);
        _batches.Last().Should().Equal(_batches.First());
    }

    [Fact]
    public async Task A_nack_to_the_end_is_a_dead_letter()
    {
        await using var consumer = Consumer(async (batch, token) => (await batch[0].NackAsync(cancellationToken: token)).Should().BeTrue(), size: 1, options: h => h.Retry.MaxAttempts = 3);
        consumer.Push("last try", starts: 2);
        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Receiver.Settlements.Any());
        consumer.Receiver.Settlements.Should().ContainSingle().Which.Reason.Should().Be(DeadLetterReason.MaxAttempts);
    }

    [Fact]
    public async Task A_lost_message_s_verb_says_so_and_its_batch_goes_on()
    {
        var time = new TestTime();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answers = new ConcurrentQueue<bool>();
        var token = default(CancellationToken);
        await using var consumer = Consumer(
            async (batch, own) =>
            {
                token = own;
                await release.Task;
                foreach (var message in batch)
                {
                    answers.Enqueue(await message.AckAsync(own));
                }
            },
            size: 3,
            time: time);
        consumer.Receiver.OnSettle = batch => batch.Count(settlement => settlement.Delivery.Receipt != 2);
        Push(consumer, 3);
        consumer.Start();
        await Eventually.TrueAsync(() => token != default);
        await AdvanceUntilAsync(time, Lease / 3, () => consumer.Log.TextsOf(5003).Any());
        release.SetResult();
        await Eventually.TrueAsync(() => answers.Count == 3);
        answers.Should().Equal(true, false, true);
        token.IsCancellationRequested.Should().BeFalse();
    }

    [Fact]
    public async Task What_was_lost_while_it_was_gathered_is_not_handed_out()
    {
        var time = new TestTime();
        await using var consumer = Consumer(Note, size: 3, wait: TimeSpan.FromMinutes(5), time: time);
        consumer.Receiver.OnSettle = batch => batch.Count(settlement => settlement.Delivery.Receipt != 1);
        Push(consumer, 2);
        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Receiver.MostHandedOut == 2);
        await AdvanceUntilAsync(time, Lease / 3, () => consumer.Log.TextsOf(5003).Any());
        consumer.Push(Text(2));
        consumer.Push(Text(3));
        await AdvanceUntilAsync(time, Lease / 3, () => consumer.Receiver.Of(SettlementKind.Ack).Count() == 3);
        _batches.SelectMany(batch => batch).Should().Equal(Text(1), Text(2), Text(3));
    }

    [Fact]
    public async Task A_redelivered_message_joins_the_others_once_its_start_is_recorded()
    {
        await using var consumer = Consumer(Note, size: 6);
        Push(consumer, 3);
        consumer.Push("again", redelivered: true, starts: 1);
        Push(consumer, 2);
        consumer.Start();
        await Eventually.TrueAsync(() => _batches.Count == 1);
        _batches.Should().ContainSingle().Which.Should().Equal(Text(0), Text(1), Text(2), "again", Text(0), Text(1));
        consumer.Receiver.Of(SettlementKind.Start).Single().Starts.Should().Be(2);
    }

    [Fact]
    public async Task What_may_have_ended_its_process_makes_a_batch_by_itself_beside_others()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var consumer = Consumer(
            async (batch, token) =>
            {
                await Note(batch, token);
                if (batch[0].Message == "suspect")
                {
                    await release.Task.WaitAsync(token);
                }
            },
            size: 3,
            concurrency: 2);
        consumer.Push("suspect", starts: 1, suspect: true);
        consumer.Push("suspect", starts: 1, suspect: true);
        Push(consumer, 6);
        consumer.Start();
        await Eventually.TrueAsync(() => _batches.Count(batch => batch.Length == 3) == 2, what: "the other place is for the others");
        _batches.Count(batch => batch[0] == "suspect").Should().Be(1, "the second one waits for the first");
        release.SetResult();
        await Eventually.TrueAsync(() => _batches.Count(batch => batch is ["suspect"]) == 2);
    }

    [Fact]
    public async Task The_last_attempt_of_what_may_have_ended_its_process_runs_alone()
    {
        var running = 0;
        var beside = -1;
        await using var consumer = Consumer(
            async (batch, token) =>
            {
                Interlocked.Increment(ref running);
                await Task.Delay(5, CancellationToken.None);
                if (batch[0].Message == "suspect")
                {
                    beside = Volatile.Read(ref running) - 1;
                }

                Interlocked.Decrement(ref running);
                await Note(batch, token);
            },
            size: 2,
            concurrency: 4,
            options: h => h.Retry.MaxAttempts = 3);
        Push(consumer, 20);
        consumer.Push("suspect", starts: 2, suspect: true);
        Push(consumer, 20);
        consumer.Start();
        await Eventually.TrueAsync(() => _batches.Sum(batch => batch.Length) == 41);
        beside.Should().Be(0);
    }

    [Fact]
    public async Task The_handler_s_time_is_the_batch_s_own_and_does_not_count_the_gathering()
    {
        var time = new TestTime();
        await using var consumer = Consumer(
            async (batch, token) =>
            {
                await Note(batch, token);
                await Task.Delay(Timeout.Infinite, token);
            },
            size: 10,
            wait: TimeSpan.FromMinutes(1),
            time: time,
            options: h => (h.HandlerTimeout, h.Retry.MaxAttempts) = (TimeSpan.FromSeconds(30), 1));
        Push(consumer, 2);
        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Receiver.MostHandedOut == 2 && time.WaitingTimers > 1);
        time.Advance(TimeSpan.FromSeconds(59));
        await Task.Delay(30);
        consumer.Receiver.Of(SettlementKind.DeadLetter).Should().BeEmpty();
        await AdvanceUntilAsync(time, TimeSpan.FromSeconds(1), () => consumer.Receiver.Of(SettlementKind.DeadLetter).Count() == 2);
        _batches.Should().HaveCount(1);
        consumer.Receiver.Of(SettlementKind.DeadLetter).Should().OnlyContain(settlement => settlement.Detail!.Contains("HandlerTimeout", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Stopping_runs_what_is_gathered_and_gives_back_the_rest()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var consumer = Consumer(
            async (batch, token) =>
            {
                await Note(batch, token);
                await release.Task;
            },
            size: 4,
            wait: TimeSpan.FromHours(1));
        Push(consumer, 10);
        consumer.Start();
        await Eventually.TrueAsync(() => _batches.Count == 1 && consumer.Receiver.MostHandedOut == 10);
        var stopping = consumer.StopAsync();
        await Task.Delay(50);
        stopping.IsCompleted.Should().BeFalse();
        release.SetResult();
        await Eventually.EndsAsync(stopping);
        _batches.Should().ContainSingle("the second was not started");
        consumer.Receiver.Of(SettlementKind.Ack).Should().HaveCount(4);
        consumer.Receiver.Of(SettlementKind.Release).Should().HaveCount(6).And.OnlyContain(settlement => settlement.Starts == 0);
    }

    [Fact]
    public async Task A_batch_that_is_gathered_does_not_wait_on_stop()
    {
        await using var consumer = Consumer(Note, size: 4, wait: TimeSpan.FromHours(1));
        Push(consumer, 3);
        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Receiver.MostHandedOut == 3);
        await Eventually.EndsAsync(consumer.StopAsync());
        (_batches.SelectMany(batch => batch).Count() + consumer.Receiver.Of(SettlementKind.Release).Count()).Should().Be(3);
    }

    [Fact]
    public async Task Told_to_hurry_a_running_batch_is_cancelled_and_given_back()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var consumer = Consumer(
            async (_, token) =>
            {
                started.SetResult();
                await Task.Delay(Timeout.Infinite, token);
            },
            size: 2);
        Push(consumer, 3);
        consumer.Start();
        await Eventually.EndsAsync(started.Task);
        await Eventually.EndsAsync(consumer.StopAsync(new CancellationToken(canceled: true)));
        consumer.Receiver.Settlements.Select(settlement => settlement.Kind).Should().Equal(SettlementKind.Release, SettlementKind.Release, SettlementKind.Release);
    }

    [Fact]
    public async Task What_can_t_be_read_joins_no_batch_and_keeps_nobody_waiting()
    {
        await using var consumer = Consumer(Note, size: 2, wait: TimeSpan.FromHours(1));
        consumer.Push(Text(0));
        consumer.Push("hello"u8.ToArray());
        consumer.Push(Text(1));
        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Count() == 2);
        consumer.Receiver.Of(SettlementKind.DeadLetter).Should().ContainSingle().Which.Reason.Should().Be(DeadLetterReason.Foreign);
    }

    [Fact]
    public async Task Batches_and_single_messages_of_other_types_share_the_places()
    {
        var running = 0;
        var most = 0;
        var shipped = 0;
        async ValueTask RunAsync()
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            await Task.Delay(5, CancellationToken.None);
            Interlocked.Decrement(ref running);
        }

        await using var consumer = new FakeConsumer(b => b
            .AddBatchHandler<string>(
                async (batch, token) =>
                {
                    await RunAsync();
                    await Note(batch, token);
                },
                h => (h.Group, h.Concurrency, h.BatchSize) = ("group", 2, 10))
            .AddHandler<OrderShipped>(
                async (_, _, _) =>
                {
                    await RunAsync();
                    Interlocked.Increment(ref shipped);
                },
                h => h.Group = "group"));
        for (var i = 0; i < 200; i++)
        {
            consumer.Push(Text(i));
            consumer.Push("{\"rm\":1,\"id\":\"1\",\"type\":\"order-shipped\"}\n{\"OrderId\":1}"u8.ToArray());
        }

        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Count() == 400);
        most.Should().Be(2);
        shipped.Should().Be(200);
        _batches.SelectMany(batch => batch).Should().BeEquivalentTo(Enumerable.Range(0, 200).Select(Text));
    }

    [Fact]
    public async Task Batches_of_two_types_that_fill_all_places_do_not_wait_for_each_other()
    {
        var handled = 0;
        await using var consumer = new FakeConsumer(b => b
            .AddBatchHandler<string>((batch, _) => Count(batch.Count), h => (h.Group, h.BatchSize, h.BatchWait) = ("group", 10, TimeSpan.FromHours(1)))
            .AddBatchHandler<OrderShipped>((batch, _) => Count(batch.Count), h => (h.Group, h.BatchSize, h.BatchWait) = ("group", 10, TimeSpan.FromHours(1))));
        for (var i = 0; i < 40; i++)
        {
            consumer.Push(Text(i));
            consumer.Push("{\"rm\":1,\"id\":\"1\",\"type\":\"order-shipped\"}\n{\"OrderId\":1}"u8.ToArray());
        }

        consumer.Start();
        await Eventually.TrueAsync(() => Volatile.Read(ref handled) > 70, what: "with ten in hand, five of each type, no batch can get full");

        ValueTask Count(int count)
        {
            Interlocked.Add(ref handled, count);
            return ValueTask.CompletedTask;
        }
    }

    private static FakeConsumer Consumer(
        BatchHandler<string> handler,
        int size,
        TimeSpan? wait = null,
        int concurrency = 1,
        TimeProvider? time = null,
        Action<BatchHandlerOptions>? options = null) => new(
        b => b.AddBatchHandler(handler, h =>
        {
            (h.Group, h.BatchSize, h.BatchWait, h.Concurrency) = ("group", size, wait ?? TimeSpan.FromSeconds(1), concurrency);
            options?.Invoke(h);
        }),
        time);

    private static void Push(FakeConsumer consumer, int count)
    {
        for (var i = 0; i < count; i++)
        {
            consumer.Push(Text(i));
        }
    }

    private static string Text(int i) => $"m{i:000}";

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

    private ValueTask Note(IReadOnlyList<ReceivedMessage<string>> batch, CancellationToken cancellationToken)
    {
        _batches.Enqueue([.. batch.Select(message => message.Message)]);
        return ValueTask.CompletedTask;
    }
}
