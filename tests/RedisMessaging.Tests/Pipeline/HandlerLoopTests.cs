using System.Collections.Concurrent;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Tests.Support;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Tests.Pipeline;

/// <summary>Pump, handlers, settling and leases together, over a receiver without Redis.</summary>
public sealed class HandlerLoopTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(10, 3)]
    [InlineData(64, 64)]
    public async Task No_more_than_the_prefetch_is_ever_held(int prefetch, int concurrency)
    {
        var handled = 0;
        await using var consumer = new FakeConsumer(
            async (_, _, _) =>
            {
                await Task.Yield();
                Interlocked.Increment(ref handled);
            },
            concurrency,
            prefetch);
        Push(consumer, 500);
        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Count() == 500);
        handled.Should().Be(500);
        consumer.Receiver.MostHandedOut.Should().BeLessThanOrEqualTo(prefetch);
        consumer.Receiver.Room.Should().OnlyContain(room => room >= 1 && room <= prefetch);
        consumer.Receiver.Of(SettlementKind.Ack).Select(settlement => settlement.Delivery.Receipt).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public async Task One_worker_keeps_the_order()
    {
        var order = new ConcurrentQueue<string>();
        await using var consumer = new FakeConsumer(
            async (text, _, _) =>
            {
                await Task.Yield();
                order.Enqueue(text);
            },
            concurrency: 1,
            prefetch: 10).Start();
        Push(consumer, 200);
        await Eventually.TrueAsync(() => order.Count == 200);
        order.Should().Equal(Enumerable.Range(0, 200).Select(Text));
    }

    [Fact]
    public async Task As_many_run_at_once_as_the_concurrency_and_no_more()
    {
        var running = 0;
        var most = 0;
        var handled = 0;
        var four = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var consumer = new FakeConsumer(
            async (_, _, _) =>
            {
                var now = Interlocked.Increment(ref running);
                InterlockedMax(ref most, now);
                if (now == 4)
                {
                    four.TrySetResult();
                }

                await four.Task;
                await Task.Delay(1, CancellationToken.None);
                Interlocked.Decrement(ref running);
                Interlocked.Increment(ref handled);
            },
            concurrency: 4).Start();
        Push(consumer, 100);
        await Eventually.TrueAsync(() => Volatile.Read(ref handled) == 100);
        most.Should().Be(4);
    }

    [Fact]
    public async Task A_slow_handler_does_not_hold_up_what_the_others_may_fetch()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var quick = 0;
        await using var consumer = new FakeConsumer(
            async (text, _, _) =>
            {
                if (text == Text(0))
                {
                    await release.Task;
                }

                Interlocked.Increment(ref quick);
            },
            concurrency: 2,
            prefetch: 2).Start();
        Push(consumer, 50);
        await Eventually.TrueAsync(() => Volatile.Read(ref quick) == 49);
        release.SetResult();
        await Eventually.TrueAsync(() => Volatile.Read(ref quick) == 50);
    }

    [Fact]
    public async Task A_redelivered_message_that_is_not_ours_any_more_is_not_started()
    {
        var handled = new ConcurrentQueue<string>();
        await using var consumer = new FakeConsumer((text, _, _) => Note(handled, text));
        consumer.Receiver.OnSettle = batch => batch[0].Kind == SettlementKind.Start ? 0 : batch.Length;
        consumer.Push("lost", redelivered: true);
        consumer.Push("next");
        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Any());
        handled.Should().Equal("next");
        consumer.Receiver.Of(SettlementKind.Ack).Should().HaveCount(1, "nothing is said of what is somebody else's");
    }

    [Fact]
    public async Task A_start_that_could_not_be_recorded_is_recorded_before_the_handler_runs()
    {
        var handled = new ConcurrentQueue<string>();
        var failures = 2;
        await using var consumer = new FakeConsumer((text, _, _) => Note(handled, text));
        consumer.Receiver.OnSettle = batch => batch[0].Kind == SettlementKind.Start && Interlocked.Decrement(ref failures) >= 0 ? throw new RedisTimeoutException("Away.", CommandStatus.Sent) : batch.Length;
        consumer.Push("again", redelivered: true);
        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Any());
        consumer.Receiver.Settlements.Select(settlement => settlement.Kind).Should().Equal(SettlementKind.Start, SettlementKind.Ack);
        handled.Should().Equal("again");
    }

    [Fact]
    public async Task A_settle_that_failed_is_repeated_until_it_goes_through()
    {
        var failures = 3;
        await using var consumer = new FakeConsumer((_, _, _) => ValueTask.CompletedTask);
        consumer.Receiver.OnSettle = batch => Interlocked.Decrement(ref failures) >= 0 ? throw new RedisConnectionException(ConnectionFailureType.SocketFailure, "Gone.") : 0;
        consumer.Push("message");
        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Any());
        consumer.Log.TextsOf(5001).Should().HaveCount(3);
        consumer.Log.TextsOf(5003).Should().BeEmpty("the first try may have settled it: that is no lost lease");
    }

    [Fact]
    public async Task A_settle_that_finds_the_message_gone_is_told()
    {
        await using var consumer = new FakeConsumer((_, _, _) => ValueTask.CompletedTask);
        consumer.Receiver.OnSettle = _ => 0;
        consumer.Push("message");
        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Log.TextsOf(5003).Any());
    }

    [Fact]
    public async Task What_is_handled_during_one_settle_goes_into_the_next_together()
    {
        var batches = await SettledBehindOneAsync(250, () => ValueTask.CompletedTask);

        batches.Count.Should().BeLessThanOrEqualTo(3, "the first, maybe those that came before it was sent, then all others");
    }

    [Fact]
    public async Task Verdicts_that_take_a_script_go_a_hundred_at_a_time()
    {
        var batches = await SettledBehindOneAsync(250, () => throw new DeadLetterException("unwanted"));

        batches.Should().OnlyContain(batch => batch.Length <= 100).And.Contain(batch => batch.Length == 100);
    }

    [Fact]
    public async Task A_handler_that_throws_is_tried_again_after_a_delay_in_process()
    {
        var time = new TestTime();
        await using var consumer = new FakeConsumer((_, _, _) => throw new InvalidOperationException("No."), time: time, transport: TransportKind.PubSub);
        consumer.Push("message");
        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Log.TextsOf(5006).Any());
        await Task.Delay(30);
        consumer.Receiver.Of(SettlementKind.Retry).Should().BeEmpty("it is held back first");
        await AdvanceUntilAsync(time, TimeSpan.FromMilliseconds(100), () => consumer.Receiver.Of(SettlementKind.Retry).Any());
        consumer.Receiver.Of(SettlementKind.Retry).Single().Starts.Should().Be(1, "the next owner goes on counting");
    }

    [Fact]
    public async Task What_is_held_back_in_process_is_given_back_at_once_on_stop()
    {
        var time = new TestTime();
        await using var consumer = new FakeConsumer((_, _, _) => throw new InvalidOperationException("No."), time: time, transport: TransportKind.PubSub);
        consumer.Push("message");
        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Log.TextsOf(5006).Any());
        await Eventually.EndsAsync(consumer.StopAsync());
        consumer.Receiver.Settlements.Select(settlement => (settlement.Kind, settlement.Starts)).Should().Equal((SettlementKind.Release, 1));
    }

    [Theory]
    [InlineData("hello", DeadLetterReason.Foreign)]
    [InlineData("{\"rm\":1,\"id\":\"1\",\"type\":\"text\"}\n{", DeadLetterReason.Undecodable)]
    [InlineData("{\"rm\":1,\"id\":\"1\",\"type\":\"text\"}\nnull", DeadLetterReason.Undecodable)]
    [InlineData("{\"rm\":1,\"id\":\"1\",\"type\":\"unheard-of\"}\n{}", DeadLetterReason.UnknownType)]
    [InlineData("{\"rm\":9,\"id\":\"1\",\"type\":\"text\"}\n{}", DeadLetterReason.NewerEnvelope)]
    [InlineData("{\"rm\":1,\"id\":\"1\",\"type\":\"text\",\"at\":999999999999999}\n\"x\"", DeadLetterReason.Undecodable)]
    public async Task What_can_t_be_handled_goes_aside_with_its_reason_and_the_next_one_is_handled(string frame, string reason)
    {
        var handled = new ConcurrentQueue<string>();
        await using var consumer = new FakeConsumer((text, _, _) => Note(handled, text));
        consumer.Push(System.Text.Encoding.UTF8.GetBytes(frame));
        consumer.Push("next");
        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Any());
        var dead = consumer.Receiver.Of(SettlementKind.DeadLetter).Should().ContainSingle().Which;
        dead.Reason.Should().Be(reason);
        dead.Detail.Should().NotBeNullOrEmpty();
        handled.Should().Equal("next");
    }

    [Fact]
    public async Task An_unknown_type_may_be_ignored_instead()
    {
        await using var consumer = new FakeConsumer((_, _, _) => ValueTask.CompletedTask, topic: t => t.UnknownTypes = UnknownTypePolicy.Ignore);
        consumer.Push("{\"rm\":1,\"id\":\"1\",\"type\":\"unheard-of\"}\n{}"u8.ToArray());
        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Any());
    }

    [Fact]
    public async Task A_type_that_has_no_handler_here_is_acked()
    {
        var handled = new ConcurrentQueue<string>();
        await using var consumer = new FakeConsumer((text, _, _) => Note(handled, text));
        consumer.Push("{\"rm\":1,\"id\":\"1\",\"type\":\"order-shipped\"}\nnot even JSON"u8.ToArray());
        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Any());
        handled.Should().BeEmpty();
    }

    [Fact]
    public async Task A_receive_that_fails_is_logged_and_tried_again()
    {
        await using var consumer = new FakeConsumer((_, _, _) => ValueTask.CompletedTask);
        consumer.Receiver.ReceiveErrors.Enqueue(new InvalidOperationException("Something nobody thought of."));
        consumer.Push("message");
        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Any());
        consumer.Log.TextsOf(5000).Should().ContainSingle();
    }

    [Fact]
    public async Task Everything_held_is_renewed_at_a_third_of_the_lease()
    {
        var time = new TestTime();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var consumer = new FakeConsumer(async (_, _, _) => await release.Task, prefetch: 10, time: time);
        Push(consumer, 10);
        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Receiver.MostHandedOut == 10);
        await Eventually.TrueAsync(() => time.WaitingTimers > 0);
        time.Advance(Lease / 3 - TimeSpan.FromSeconds(1));
        await Task.Delay(30);
        consumer.Receiver.Of(SettlementKind.Extend).Should().BeEmpty();
        time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Extend).Count() == 10);
        release.SetResult();
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Count() == 10);
    }

    [Fact]
    public async Task A_lost_lease_cancels_the_handler_and_nothing_is_settled()
    {
        var time = new TestTime();
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var handled = new ConcurrentQueue<string>();
        await using var consumer = new FakeConsumer(
            async (text, _, token) =>
            {
                if (text == "lost")
                {
                    started.SetResult();
                    try
                    {
                        await Task.Delay(Timeout.Infinite, token);
                    }
                    finally
                    {
                        cancelled.SetResult();
                    }
                }

                handled.Enqueue(text);
            },
            prefetch: 1,
            time: time);
        consumer.Receiver.OnSettle = batch => batch.All(settlement => settlement.Kind == SettlementKind.Extend) ? 0 : batch.Length;
        consumer.Push("lost");
        consumer.Start();
        await Eventually.EndsAsync(started.Task);
        await AdvanceUntilAsync(time, Lease / 3, () => cancelled.Task.IsCompleted);

        consumer.Receiver.OnSettle = null;
        consumer.Push("next");
        await Eventually.TrueAsync(() => handled.Contains("next"), what: "the next message has a token of its own, and there is room for it");
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Any());
        consumer.Receiver.Settlements.Where(settlement => settlement.Kind != SettlementKind.Extend).Should().ContainSingle("what is lost is somebody else's");
        consumer.Log.TextsOf(5003).Should().ContainSingle();
    }

    [Fact]
    public async Task Losing_one_of_many_spares_the_others()
    {
        var time = new TestTime();
        var cancelled = new ConcurrentQueue<string>();
        var running = 0;
        await using var consumer = new FakeConsumer(
            async (text, _, token) =>
            {
                Interlocked.Increment(ref running);
                try
                {
                    await Task.Delay(Timeout.Infinite, token);
                }
                catch (OperationCanceledException)
                {
                    cancelled.Enqueue(text);
                    throw;
                }
            },
            concurrency: 3,
            time: time,
            shutdownTimeout: TimeSpan.Zero);
        // Receipt 2 is lost, whether asked for alone or in a batch.
        consumer.Receiver.OnSettle = batch => batch.Count(settlement => settlement.Kind != SettlementKind.Extend || settlement.Delivery.Receipt != 2);
        Push(consumer, 3);
        consumer.Start();
        await Eventually.TrueAsync(() => Volatile.Read(ref running) == 3);
        await AdvanceUntilAsync(time, Lease / 3, () => !cancelled.IsEmpty);
        await Task.Delay(30);
        cancelled.Should().Equal(Text(1));
    }

    [Fact]
    public async Task A_renewal_that_failed_loses_nothing_and_is_tried_again()
    {
        var time = new TestTime();
        var failures = 1;
        var token = default(CancellationToken);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var consumer = new FakeConsumer(
            async (_, _, handlerToken) =>
            {
                token = handlerToken;
                await release.Task;
            },
            time: time);
        consumer.Receiver.OnSettle = batch => Interlocked.Decrement(ref failures) >= 0 ? throw new RedisTimeoutException("Away.", CommandStatus.Sent) : batch.Length;
        consumer.Push("message");
        consumer.Start();
        await Eventually.TrueAsync(() => token != default);
        await AdvanceUntilAsync(time, Lease / 3, () => consumer.Receiver.Of(SettlementKind.Extend).Any());
        token.IsCancellationRequested.Should().BeFalse();
        consumer.Log.TextsOf(5005).Should().ContainSingle();
        release.SetResult();
    }

    [Fact]
    public async Task Stopping_lets_the_running_handler_end_and_gives_back_the_rest()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var handled = new ConcurrentQueue<string>();
        await using var consumer = new FakeConsumer(
            async (text, _, _) =>
            {
                started.TrySetResult();
                await release.Task;
                handled.Enqueue(text);
            },
            prefetch: 10);
        Push(consumer, 10);
        consumer.Start();
        await Eventually.EndsAsync(started.Task);
        var stopping = consumer.StopAsync();
        await Task.Delay(50);
        stopping.IsCompleted.Should().BeFalse("a handler runs");
        release.SetResult();
        await Eventually.EndsAsync(stopping);
        handled.Should().Equal(Text(0));
        consumer.Receiver.Of(SettlementKind.Ack).Should().HaveCount(1);
        consumer.Receiver.Of(SettlementKind.Release).Should().HaveCount(9).And.OnlyContain(settlement => settlement.Starts == 0, "they were never started");
        consumer.Receiver.IsDisposed.Should().BeTrue();
    }

    [Fact]
    public async Task Past_the_shutdown_timeout_the_handler_s_token_is_cancelled_and_its_message_given_back()
    {
        var time = new TestTime();
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var consumer = new FakeConsumer(
            async (_, _, token) =>
            {
                started.SetResult();
                await Task.Delay(Timeout.Infinite, token);
            },
            time: time,
            shutdownTimeout: TimeSpan.FromSeconds(3));
        consumer.Push("message");
        consumer.Start();
        await Eventually.EndsAsync(started.Task);
        var stopping = consumer.StopAsync();
        await AdvanceUntilAsync(time, TimeSpan.FromSeconds(1), () => stopping.IsCompleted);
        consumer.Log.TextsOf(5010).Should().ContainSingle();
        consumer.Receiver.Settlements.Where(settlement => settlement.Kind != SettlementKind.Extend).Select(settlement => (settlement.Kind, settlement.Starts)).Should().Equal((SettlementKind.Release, 1));
    }

    [Fact]
    public async Task Told_to_hurry_it_does_not_wait_for_the_shutdown_timeout()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var consumer = new FakeConsumer(
            async (_, _, token) =>
            {
                started.SetResult();
                await Task.Delay(Timeout.Infinite, token);
            },
            shutdownTimeout: TimeSpan.FromHours(1));
        consumer.Push("message");
        consumer.Start();
        await Eventually.EndsAsync(started.Task);
        await Eventually.EndsAsync(consumer.StopAsync(new CancellationToken(canceled: true)));
        consumer.Receiver.Of(SettlementKind.Release).Should().HaveCount(1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_handler_that_ignores_its_token_is_left_behind_and_ends_without_a_trace(int concurrency)
    {
        var unobserved = new ConcurrentQueue<Exception>();
        void Observe(object? sender, UnobservedTaskExceptionEventArgs args) => unobserved.Enqueue(args.Exception);
        TaskScheduler.UnobservedTaskException += Observe;
        try
        {
            await LeaveBehindAsync(concurrency);
            for (var i = 0; i < 3; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }

            unobserved.SelectMany(error => ((AggregateException)error).Flatten().InnerExceptions).OfType<ObjectDisposedException>().Should().BeEmpty();
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Observe;
        }
    }

    private static async Task LeaveBehindAsync(int concurrency)
    {
        var time = new TestTime();
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var consumer = new FakeConsumer(
            async (_, _, _) =>
            {
                started.SetResult();
                await release.Task;
                ended.SetResult();
            },
            concurrency,
            time: time,
            shutdownTimeout: TimeSpan.FromSeconds(1));
        consumer.Push("message");
        consumer.Start();
        await Eventually.EndsAsync(started.Task);
        var stopping = consumer.StopAsync();
        await AdvanceUntilAsync(time, TimeSpan.FromSeconds(1), () => stopping.IsCompleted);
        await stopping;
        consumer.Receiver.Settlements.Where(settlement => settlement.Kind != SettlementKind.Extend).Select(settlement => settlement.Kind).Should().Equal(SettlementKind.Release);
        release.SetResult();
        await Eventually.EndsAsync(ended.Task);
        await Task.Delay(50);
        consumer.Receiver.Of(SettlementKind.Ack).Should().BeEmpty("it was given back: somebody else handles it");
    }

    private static void Push(FakeConsumer consumer, int count)
    {
        for (var i = 0; i < count; i++)
        {
            consumer.Push(Text(i));
        }
    }

    private static string Text(int i) => $"m{i:000}";

    private static ValueTask Note(ConcurrentQueue<string> handled, string text)
    {
        handled.Enqueue(text);
        return ValueTask.CompletedTask;
    }

    private static async Task AdvanceUntilAsync(TestTime time, TimeSpan step, Func<bool> condition) =>
        await Eventually.TrueAsync(async () =>
        {
            if (condition())
            {
                return true;
            }

            time.Advance(step);
            await Task.Delay(20);
            return condition();
        });

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while (value > (seen = Volatile.Read(ref target)) && Interlocked.CompareExchange(ref target, value, seen) != seen)
        {
        }
    }

    /// <summary>The batches in which messages are settled that were all handled while the first of them was on its way.</summary>
    private static async Task<IReadOnlyCollection<Settlement[]>> SettledBehindOneAsync(int messages, Func<ValueTask> handle)
    {
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var handled = 0;
        await using var consumer = new FakeConsumer(
            (_, _, _) =>
            {
                Interlocked.Increment(ref handled);
                return handle();
            },
            prefetch: messages);
        consumer.Receiver.BeforeSettle = _ => first.Task;
        Push(consumer, messages);
        consumer.Start();
        await Eventually.TrueAsync(() => Volatile.Read(ref handled) == messages);
        first.SetResult();
        await Eventually.TrueAsync(() => consumer.Receiver.Settlements.Count() == messages);
        return [.. consumer.Receiver.Batches];
    }
}
