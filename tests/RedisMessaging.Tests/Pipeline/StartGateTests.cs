using System.Collections.Concurrent;
using RedisMessaging.Consuming.Pausing;
using RedisMessaging.Tests.Support;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Tests.Pipeline;

/// <summary>Pausing and rate limits, over a receiver without Redis and with a clock that stands still.</summary>
public sealed class StartGateTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void A_rate_s_tokens_are_all_there_at_first_and_come_back_evenly()
    {
        var time = new TestTime();
        var meter = new RateMeter(new RateLimit(4, Second), time);

        Take(meter, 10).Should().Be(4);
        time.Advance(TimeSpan.FromMilliseconds(249));
        Take(meter, 10).Should().Be(0);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Take(meter, 10).Should().Be(1);
        time.Advance(TimeSpan.FromMilliseconds(500));
        Take(meter, 10).Should().Be(2);
        time.Advance(TimeSpan.FromDays(30));
        Take(meter, 10).Should().Be(4, "no more gather than it holds");
    }

    [Fact]
    public void Whoever_finds_no_token_is_told_when_there_will_be_one()
    {
        var time = new TestTime();
        var meter = new RateMeter(new RateLimit(1, TimeSpan.FromSeconds(3)), time);
        meter.TryTake(out _).Should().BeTrue();
        time.Advance(Second);

        meter.TryTake(out var wait).Should().BeFalse();

        wait.Should().BeCloseTo(TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(2)).And.BeGreaterThan(TimeSpan.FromSeconds(2));
        meter.ReturnPermit();
        meter.TryTake(out _).Should().BeTrue();
    }

    [Fact]
    public async Task Over_any_time_no_more_handlers_start_than_the_rate_allows()
    {
        var time = new TestTime();
        var handled = 0;
        await using var consumer = new FakeConsumer((_, _, _) => Count(ref handled), concurrency: 4, time: time, handler: h => h.RateLimit = new RateLimit(10, Second)).Start();
        Push(consumer, 100);
        await Eventually.TrueAsync(() => Volatile.Read(ref handled) == 10);

        for (var tenths = 1; tenths <= 10; tenths++)
        {
            var expected = 10 + tenths;
            await Eventually.TrueAsync(
                () =>
                {
                    // In small steps: who waits may not have begun to when the clock was advanced.
                    time.Advance(TimeSpan.FromMilliseconds(10));
                    return Volatile.Read(ref handled) >= expected;
                });
            Volatile.Read(ref handled).Should().BeLessThanOrEqualTo(10 + (int)Math.Ceiling((time.GetUtcNow() - new TestTime().GetUtcNow()).TotalSeconds * 10));
        }
    }

    [Fact]
    public async Task What_waits_for_its_turn_is_not_started_and_goes_back_when_the_consumer_stops()
    {
        var handled = 0;
        await using var consumer = new FakeConsumer((_, _, _) => Count(ref handled), time: new TestTime(), handler: h => h.RateLimit = new RateLimit(1, TimeSpan.FromHours(1))).Start();
        Push(consumer, 5);
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Count() == 1);

        await Eventually.EndsAsync(consumer.StopAsync());

        handled.Should().Be(1);
        consumer.Receiver.Of(SettlementKind.Release).Should().HaveCount(4).And.OnlyContain(settlement => settlement.Starts == 0);
    }

    [Fact]
    public async Task Messages_that_no_handler_gets_do_not_count()
    {
        var handled = new ConcurrentQueue<string>();
        var time = new TestTime();
        await using var consumer = new FakeConsumer(
            (text, _, _) =>
            {
                handled.Enqueue(text);
                return ValueTask.CompletedTask;
            },
            time: time,
            topic: t => t.OnExpired = ExpiredPolicy.Drop,
            handler: h => h.RateLimit = new RateLimit(2, TimeSpan.FromHours(1))).Start();

        for (var i = 0; i < 10; i++)
        {
            consumer.Push("stale", expiresAt: time.GetUtcNow() - Second);
        }

        consumer.Push("one");
        consumer.Push("two");
        consumer.Push("three");

        await Eventually.TrueAsync(() => handled.Count == 2 && consumer.Receiver.Of(SettlementKind.Ack).Count() == 12);
        handled.Should().Equal("one", "two");
    }

    [Fact]
    public async Task A_pause_gives_back_what_was_not_started_in_one_step_and_keeps_what_was()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var proceed = new TaskCompletionSource();
        await using var consumer = new FakeConsumer(async (_, _, token) =>
        {
            started.TrySetResult();
            await proceed.Task.WaitAsync(token);
        });
        Push(consumer, 20);
        consumer.Start();
        await Eventually.EndsAsync(started.Task);
        await Eventually.TrueAsync(() => consumer.Receiver.MostHandedOut == 20);

        consumer.Gate.Set(PauseReason.Topic, paused: true);

        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Release).Count() == 19);
        consumer.Receiver.Batches.Should().ContainSingle();
        consumer.Receiver.Of(SettlementKind.Release).Select(settlement => (int)settlement.Delivery.Receipt).Should().BeInAscendingOrder();
        proceed.SetResult();
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Count() == 1);
        consumer.Push("later");
        await Task.Delay(50);
        consumer.Receiver.Of(SettlementKind.Ack).Should().HaveCount(1);

        consumer.Gate.Set(PauseReason.Topic, paused: false);

        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Count() == 2);
    }

    [Fact]
    public async Task A_pause_ends_when_nobody_wants_it_any_more()
    {
        var handled = 0;
        await using var consumer = new FakeConsumer((_, _, _) => Count(ref handled)).Start();
        consumer.Receiver.OnSettle = batch =>
        {
            // A read that is under way when the pause begins may still take it. It gives it back then, and Redis hands it out again.
            foreach (var released in batch.Where(settlement => settlement.Kind == SettlementKind.Release))
            {
                consumer.Push("waits");
            }

            return batch.Length;
        };
        consumer.Gate.Set(PauseReason.Topic, paused: true).Should().BeTrue();
        consumer.Gate.Set(PauseReason.Subscription, paused: true);
        consumer.Gate.Set(PauseReason.Topic, paused: true).Should().BeFalse();
        consumer.Push("waits");

        consumer.Gate.Set(PauseReason.Topic, paused: false);
        await Task.Delay(50);
        (consumer.Gate.IsPaused, handled).Should().Be((true, 0));

        consumer.Gate.Set(PauseReason.Subscription, paused: false);
        await Eventually.TrueAsync(() => Volatile.Read(ref handled) == 1);
    }

    [Fact]
    public async Task A_message_that_runs_alone_is_not_started_once_the_consumer_is_paused()
    {
        var started = new ConcurrentQueue<string>();
        var proceed = new TaskCompletionSource();
        await using var consumer = new FakeConsumer(
            async (text, _, token) =>
            {
                started.Enqueue(text);
                await proceed.Task.WaitAsync(token);
            },
            concurrency: 2).Start();
        consumer.Push("running");
        await Eventually.TrueAsync(() => started.Count == 1);
        // Taken, and waiting for the other to end.
        consumer.Push("redelivered", starts: 9, suspect: true);
        await Eventually.TrueAsync(() => consumer.Receiver.Room.Count >= 3);
        await Task.Delay(50);

        consumer.Gate.Set(PauseReason.Subscription, paused: true);
        proceed.SetResult();

        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Release).Count() == 1);
        started.Should().Equal("running");
        consumer.Receiver.Of(SettlementKind.Release).Single().Starts.Should().Be(9, "it was not started here");
    }

    [Fact]
    public async Task Where_nothing_can_be_given_back_it_waits_in_here()
    {
        var handled = 0;
        await using var consumer = new FakeConsumer((_, _, _) => Count(ref handled), transport: TransportKind.PubSub).Start();
        consumer.Gate.Set(PauseReason.Subscription, paused: true);
        Push(consumer, 5);
        await Task.Delay(50);
        handled.Should().Be(0);
        consumer.Receiver.Settlements.Should().BeEmpty("released would be lost");

        consumer.Gate.Set(PauseReason.Subscription, paused: false);

        await Eventually.TrueAsync(() => Volatile.Read(ref handled) == 5);
    }

    [Fact]
    public async Task A_paused_consumer_stops_also_while_Redis_takes_nothing_back()
    {
        var stuck = new TaskCompletionSource();
        var proceed = new TaskCompletionSource();
        await using var consumer = new FakeConsumer(async (_, _, token) => await proceed.Task.WaitAsync(token)).Start();
        Push(consumer, 5);
        await Eventually.TrueAsync(() => consumer.Receiver.Room.Count > 1);
        consumer.Receiver.BeforeSettle = _ => stuck.Task;
        consumer.Gate.Set(PauseReason.Subscription, paused: true);
        proceed.SetResult();
        await Task.Delay(50);

        var stopping = consumer.StopAsync();
        await Eventually.TrueAsync(() => consumer.Pump.Stopping.IsCancellationRequested);
        stuck.SetResult();

        await Eventually.EndsAsync(stopping);
    }

    [Fact]
    public async Task A_reader_that_is_paused_ends_with_its_token_and_with_the_bus()
    {
        await using var consumer = new FakeConsumer((_, _, _) => ValueTask.CompletedTask);
        using var cancellation = new CancellationTokenSource();
        consumer.Gate.Set(PauseReason.Topic, paused: true);
        await using var reading = consumer.ReadAsync(cancellation.Token).GetAsyncEnumerator();
        consumer.Push("waits");
        var next = reading.MoveNextAsync().AsTask();
        await Task.Delay(50);
        next.IsCompleted.Should().BeFalse();

        await cancellation.CancelAsync();

        await FluentActions.Awaiting(() => Eventually.EndsAsync(next)).Should().ThrowAsync<OperationCanceledException>();
    }

    private static ValueTask Count(ref int counter)
    {
        Interlocked.Increment(ref counter);
        return ValueTask.CompletedTask;
    }

    private static int Take(RateMeter meter, int most)
    {
        var taken = 0;
        while (taken < most && meter.TryTake(out _))
        {
            taken++;
        }

        return taken;
    }

    private static void Push(FakeConsumer consumer, int count)
    {
        for (var i = 0; i < count; i++)
        {
            consumer.Push($"message-{i}");
        }
    }
}
