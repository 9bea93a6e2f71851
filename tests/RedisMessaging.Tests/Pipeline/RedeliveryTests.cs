using System.Collections.Concurrent;
using RedisMessaging.Consuming.Pausing;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Tests.Support;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Tests.Pipeline;

/// <summary>What comes back without a verdict: it runs beside others, unless it may be what ended its process.</summary>
public sealed class RedeliveryTests
{
    private readonly ConcurrentQueue<string> _handled = new();
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _running;
    private int _most;

    [Fact]
    public async Task Redelivered_messages_run_at_full_concurrency_and_each_start_is_recorded_first()
    {
        var unrecorded = 0;
        FakeConsumer? self = null;
        await using var consumer = self = new FakeConsumer(
            async (text, context, _) =>
            {
                await CountAsync();
                unrecorded += self!.Receiver.Of(SettlementKind.Start).Any(settlement => settlement.Starts == 1 && TextOf(settlement) == text) ? 0 : 1;
                context.Attempt.Should().Be(1);
                await _release.Task;
                Interlocked.Decrement(ref _running);
            },
            concurrency: 8);
        PushRedelivered(consumer, 40);
        consumer.Start();
        await Eventually.TrueAsync(() => Volatile.Read(ref _running) == 8, what: "none waits for the others");
        _release.SetResult();
        await AckedAsync(consumer, 40);
        (_most, unrecorded).Should().Be((8, 0));
        StartsOf(consumer).Should().HaveCount(40).And.OnlyHaveUniqueItems();
    }

    [Fact]
    public async Task New_messages_do_not_wait_until_all_that_was_redelivered_is_through()
    {
        using var proceed = new SemaphoreSlim(0);
        await using var consumer = new FakeConsumer(
            async (text, _, _) =>
            {
                await Note(text);
                await (text == "new" ? Task.CompletedTask : proceed.WaitAsync(CancellationToken.None));
            },
            concurrency: 2,
            prefetch: 8);
        PushRedelivered(consumer, 8);
        consumer.Start();
        await Eventually.TrueAsync(() => _handled.Count == 2);
        await Eventually.TrueAsync(() => consumer.Receiver.Bounds.Any(bounds => bounds.NewOnly), what: "what is new is asked for beside them");
        consumer.Push("new");
        for (var more = 0; more < 3 && !_handled.Contains("new"); more++)
        {
            var handled = _handled.Count;
            proceed.Release();
            await Eventually.TrueAsync(() => _handled.Count > handled);
        }

        _handled.Should().Contain("new").And.HaveCountLessThan(8);
        proceed.Release(8);
        await AckedAsync(consumer, 9);
    }

    [Fact]
    public async Task One_at_a_time_redelivered_messages_go_before_what_is_new()
    {
        await using var consumer = new FakeConsumer(
            async (text, _, _) =>
            {
                await Note(text);
                await _release.Task;
            },
            concurrency: 1,
            prefetch: 4);
        PushRedelivered(consumer, 4);
        consumer.Push("new");
        consumer.Start();
        await Eventually.TrueAsync(() => _handled.Count == 1);
        await Task.Delay(100);
        consumer.Receiver.Bounds.Should().OnlyContain(bounds => !bounds.NewOnly);
        _release.SetResult();
        await AckedAsync(consumer, 5);
        _handled.Last().Should().Be("new");
    }

    [Fact]
    public async Task Starts_that_are_asked_for_meanwhile_go_together()
    {
        await using var consumer = new FakeConsumer((_, _, _) => ValueTask.CompletedTask, concurrency: 16);
        var first = true;
        var proceed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        consumer.Receiver.BeforeSettle = async batch =>
        {
            if (batch[0].Kind == SettlementKind.Start && first)
            {
                first = false;
                await proceed.Task;
            }
        };
        PushRedelivered(consumer, 16);
        consumer.Start();
        await Eventually.TrueAsync(() => !first && consumer.Pump.InHand == 16);
        await Task.Delay(50);
        proceed.SetResult();
        await AckedAsync(consumer, 16);
        StartBatches(consumer).Should().Equal(1, 15);
    }

    [Fact]
    public async Task Quick_handlers_do_not_wait_for_Redis_with_every_message_even_one_at_a_time()
    {
        const int count = 1_000;
        await using var consumer = new FakeConsumer((text, _, _) => Note(text), concurrency: 1);
        consumer.Receiver.BeforeSettle = batch => batch[0].Kind == SettlementKind.Start ? Task.Delay(1, CancellationToken.None) : Task.CompletedTask;
        PushRedelivered(consumer, count);
        consumer.Start();
        await AckedAsync(consumer, count);
        StartBatches(consumer).Count.Should().BeLessThan(count / 10);
        StartsOf(consumer).Should().HaveCount(count).And.OnlyHaveUniqueItems();
        _handled.Should().Equal(Enumerable.Range(0, count).Select(Text));
    }

    [Fact]
    public async Task Slow_handlers_have_no_start_recorded_that_is_not_made()
    {
        await using var consumer = new FakeConsumer(
            async (text, _, _) =>
            {
                await Note(text);
                if (_handled.Count == 9)
                {
                    await _release.Task;
                }

                await Task.Delay(30, CancellationToken.None);
            },
            concurrency: 1);
        PushRedelivered(consumer, 50);
        consumer.Start();
        await Eventually.TrueAsync(() => _handled.Count == 9);
        await Task.Delay(50);
        StartsOf(consumer).Should().HaveCount(9);
        _release.SetResult();
        await AckedAsync(consumer, 50);
    }

    [Fact]
    public async Task Those_with_a_start_that_was_never_settled_run_one_after_another_beside_the_others()
    {
        var suspects = 0;
        var mostSuspects = 0;
        await using var consumer = new FakeConsumer(
            async (text, _, _) =>
            {
                var isSuspect = text.StartsWith('s');
                mostSuspects = isSuspect ? Math.Max(mostSuspects, Interlocked.Increment(ref suspects)) : mostSuspects;
                await Note(text);
                await (text == "s0" ? _release.Task : Task.Delay(2, CancellationToken.None));
                _ = isSuspect ? Interlocked.Decrement(ref suspects) : 0;
            },
            concurrency: 4);
        for (var i = 0; i < 10; i++)
        {
            consumer.Push($"s{i}", starts: 1, suspect: true);
        }

        PushRedelivered(consumer, 20);
        consumer.Start();
        await Eventually.TrueAsync(() => _handled.Count == 21, what: "only the suspects wait for one another");
        _release.SetResult();
        await AckedAsync(consumer, 30);
        mostSuspects.Should().Be(1);
        _handled.Where(text => text.StartsWith('s')).Should().Equal(Enumerable.Range(0, 10).Select(i => $"s{i}"));
    }

    [Fact]
    public async Task The_last_attempt_of_one_that_may_have_ended_its_process_runs_alone()
    {
        var beside = -1;
        var attempt = 0;
        await using var consumer = new FakeConsumer(
            async (text, context, _) =>
            {
                await CountAsync();
                if (text == "suspect")
                {
                    (beside, attempt) = (Volatile.Read(ref _running) - 1, context.Attempt);
                }

                Interlocked.Decrement(ref _running);
            },
            concurrency: 8,
            handler: h => h.Retry.MaxAttempts = 3);
        PushRedelivered(consumer, 30);
        consumer.Push("suspect", starts: 2, suspect: true);
        for (var i = 100; i < 130; i++)
        {
            consumer.Push(Text(i));
        }

        consumer.Start();
        await AckedAsync(consumer, 61);
        (beside, attempt).Should().Be((0, 3));
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(1, 2)]
    public async Task A_start_beside_others_is_never_the_one_that_a_message_is_given_up_for(int concurrency, int recorded)
    {
        await using var consumer = new FakeConsumer((text, _, _) => Note(text), concurrency, handler: h => h.Retry.MaxAttempts = 2);
        consumer.Push("failed once before its process died", redelivered: true, starts: 1);
        consumer.Start();
        await AckedAsync(consumer, 1);
        consumer.Receiver.Of(SettlementKind.Start).Single().Starts.Should().Be(recorded);
    }

    [Fact]
    public async Task More_suspects_than_leave_room_for_others_wait_in_Redis()
    {
        await using var consumer = new FakeConsumer(
            async (text, _, _) =>
            {
                await Note(text);
                await (text.StartsWith('s') ? _release.Task : Task.CompletedTask);
            },
            concurrency: 2,
            prefetch: 8);
        for (var i = 0; i < 8; i++)
        {
            consumer.Push($"s{i}", starts: 1, suspect: true);
        }

        PushRedelivered(consumer, 20);
        consumer.Start();
        await Eventually.TrueAsync(() => _handled.Count == 21, what: "the prefetch is not full of those that wait");
        var retried = consumer.Receiver.Of(SettlementKind.Retry).ToList();
        retried.Should().HaveCount(6).And.OnlyContain(settlement => settlement.IsDelayed && settlement.IsUnstarted && settlement.Delivery.IsSuspect);
        _release.SetResult();
        await AckedAsync(consumer, 22);
    }

    [Fact]
    public async Task Suspects_that_wait_are_given_back_by_a_pause_and_by_a_stop()
    {
        await using var consumer = new FakeConsumer(
            async (text, _, token) =>
            {
                await Note(text);
                await _release.Task.WaitAsync(token);
            },
            concurrency: 2).Start();
        for (var i = 0; i < 4; i++)
        {
            consumer.Push($"s{i}", starts: 1, suspect: true);
        }

        await Eventually.TrueAsync(() => _handled.Count == 1 && consumer.Pump.InHand == 4);
        consumer.Gate.Set(PauseReason.Subscription, paused: true);
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Release).Count() == 3);
        consumer.Receiver.Of(SettlementKind.Release).Should().OnlyContain(settlement => settlement.IsUnstarted);
        consumer.Gate.Set(PauseReason.Subscription, paused: false);
        consumer.Push("s4", starts: 1, suspect: true);
        consumer.Push("s5", starts: 1, suspect: true);
        await Eventually.TrueAsync(() => consumer.Pump.InHand == 3);
        _release.SetResult();
        await Eventually.TrueAsync(() => _handled.Count == 3, what: "the turn continues after the pause");
        await consumer.StopAsync();
        consumer.Receiver.Settlements.Where(settlement => settlement.Kind is SettlementKind.Ack or SettlementKind.Release).Should().HaveCount(6);
    }

    [Fact]
    public async Task A_redelivered_message_whose_start_can_not_be_recorded_waits_and_holds_up_nobody_for_good()
    {
        var failures = 3;
        await using var consumer = new FakeConsumer((text, _, _) => Note(text), concurrency: 4);
        consumer.Receiver.OnSettle = batch => batch[0].Kind == SettlementKind.Start && failures-- > 0 ? throw new TimeoutException() : batch.Length;
        PushRedelivered(consumer, 10);
        consumer.Start();
        await AckedAsync(consumer, 10);
        consumer.Log.TextsOf(5023).Should().HaveCount(3);
    }

    [Fact]
    public async Task Of_starts_that_are_recorded_together_only_what_is_lost_is_not_made()
    {
        await using var consumer = new FakeConsumer((text, _, _) => Note(text), concurrency: 8);
        // Receipt 3 is lost, whether asked for alone or in a batch.
        consumer.Receiver.OnSettle = batch => batch.Count(settlement => settlement.Kind != SettlementKind.Start || settlement.Delivery.Receipt != 3);
        PushRedelivered(consumer, 20);
        consumer.Start();
        await AckedAsync(consumer, 19);
        _handled.Should().HaveCount(19).And.NotContain(Text(2));
    }

    [Fact]
    public async Task A_reader_that_holds_many_has_the_starts_of_as_many_recorded_at_a_time()
    {
        await using var consumer = new FakeConsumer((_, _, _) => ValueTask.CompletedTask);
        PushRedelivered(consumer, 64);
        var read = 0;
        await foreach (var received in consumer.ReadAsync(default))
        {
            StartsOf(consumer).Should().Contain(received.Message);
            if (++read == 64)
            {
                break;
            }
        }

        StartBatches(consumer).Count.Should().BeLessThan(10, "nothing is settled, so that all are in hand");
    }

    [Fact]
    public async Task A_reader_that_settles_each_has_no_start_recorded_that_is_not_made()
    {
        await using var consumer = new FakeConsumer((_, _, _) => ValueTask.CompletedTask);
        PushRedelivered(consumer, 10);
        var read = 0;
        await foreach (var received in consumer.ReadAsync(default))
        {
            StartsOf(consumer).Should().HaveCount(++read);
            await received.AckAsync();
            if (read == 10)
            {
                break;
            }
        }
    }

    private static string Text(int i) => $"m{i:0000}";

    private static string TextOf(Settlement settlement) => Text((int)settlement.Delivery.Receipt - 1);

    private static List<string> StartsOf(FakeConsumer consumer) => [.. consumer.Receiver.Of(SettlementKind.Start).Select(TextOf)];

    private static List<int> StartBatches(FakeConsumer consumer) => [.. consumer.Receiver.Batches.Where(batch => batch[0].Kind == SettlementKind.Start).Select(batch => batch.Length)];

    private static Task AckedAsync(FakeConsumer consumer, int count) => Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Count() == count);

    private static void PushRedelivered(FakeConsumer consumer, int count)
    {
        for (var i = 0; i < count; i++)
        {
            consumer.Push(Text(i), redelivered: true);
        }
    }

    private async ValueTask CountAsync()
    {
        var now = Interlocked.Increment(ref _running);
        _most = Math.Max(_most, now);
        await Task.Delay(1, CancellationToken.None);
    }

    private ValueTask Note(string text)
    {
        _handled.Enqueue(text);
        return ValueTask.CompletedTask;
    }
}
