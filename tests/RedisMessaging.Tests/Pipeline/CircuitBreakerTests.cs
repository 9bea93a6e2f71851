using System.Collections.Concurrent;
using RedisMessaging.Consuming.Pausing;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Tests.Support;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Tests.Pipeline;

/// <summary>PauseOn, over a receiver without Redis and with a clock that stands still.</summary>
public sealed class CircuitBreakerTests
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly TestTime _time = new();
    private readonly ConcurrentQueue<string> _started = new();
    private volatile Func<string, Exception?> _failure = _ => new TimeoutException("The database is away.");

    [Fact]
    public async Task After_so_many_failures_in_a_row_nothing_is_started_and_what_is_held_goes_back_in_order_without_an_attempt()
    {
        await using var consumer = Consumer(h => h.PauseOn<TimeoutException>(3, Pause)).Start();
        Push(consumer, "a", "b", "c", "d", "e");

        await ReleasedAsync(consumer, 3);

        _started.Should().Equal("a", "b", "c");
        consumer.Gate.IsPaused.Should().BeTrue();
        consumer.Receiver.Of(SettlementKind.Retry).Select(settlement => (settlement.MessageId, settlement.Starts)).Should().Equal(("a", 1), ("b", 1));
        consumer.Receiver.Of(SettlementKind.Release).Select(settlement => (settlement.MessageId, settlement.Starts)).Should().Equal(("c", 0), ("d", 0), ("e", 0));
        consumer.Log.TextsOf(5027).Should().ContainSingle();
    }

    [Fact]
    public async Task What_still_runs_when_the_pause_begins_spends_no_attempt_at_its_last_one_either()
    {
        var release = new TaskCompletionSource();
        await using var consumer = new FakeConsumer(
            async (text, _, _) =>
            {
                _started.Enqueue(text);
                if (text == "slow")
                {
                    await release.Task;
                }

                throw _failure(text)!;
            },
            concurrency: 2,
            time: _time,
            handler: h =>
            {
                h.Retry.MaxAttempts = 1;
                h.PauseOn<TimeoutException>(1, Pause);
            }).Start();
        Push(consumer, "slow", "quick");
        await Eventually.TrueAsync(() => consumer.Gate.IsPaused);

        release.SetResult();

        await AdvanceUntilAsync(() => consumer.Receiver.Of(SettlementKind.Release).Count() == 2, most: Pause / 2);
        consumer.Receiver.Of(SettlementKind.Release).Should().OnlyContain(settlement => settlement.Starts == 0);
        consumer.Receiver.Of(SettlementKind.DeadLetter).Should().BeEmpty();
    }

    [Fact]
    public async Task After_the_pause_one_message_is_tried_and_a_failure_pauses_again_and_puts_it_behind_the_others()
    {
        await using var consumer = Consumer(h => h.PauseOn<TimeoutException>(1, Pause), concurrency: 4).Start();
        await OpenAsync(consumer);
        Push(consumer, "tried", "next", "last");

        _time.Advance(Pause);

        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Retry).Any());
        _started.Should().Equal("first", "tried");
        var tried = consumer.Receiver.Of(SettlementKind.Retry).Should().ContainSingle().Which;
        (tried.MessageId, tried.Starts, tried.Delay).Should().Be(("tried", 0, Pause + TimeSpan.FromSeconds(1)));
        consumer.Receiver.Room.Last().Should().Be(1);
        consumer.Gate.IsPaused.Should().BeTrue();
        consumer.Log.TextsOf(5028).Should().ContainSingle();
    }

    [Fact]
    public async Task Others_wait_while_one_is_tried_and_start_once_it_has_succeeded()
    {
        var tried = new TaskCompletionSource();
        await using var consumer = new FakeConsumer(
            async (text, _, _) =>
            {
                _started.Enqueue(text);
                if (text == "tried")
                {
                    await tried.Task;
                }
                else if (text == "first")
                {
                    throw _failure(text)!;
                }
            },
            concurrency: 4,
            time: _time,
            handler: h => h.PauseOn<TimeoutException>(1, Pause)).Start();
        await OpenAsync(consumer);
        Push(consumer, "tried", "b", "c", "d");
        _time.Advance(Pause);
        await Eventually.TrueAsync(() => _started.Count == 2);
        _started.Should().Equal("first", "tried");
        consumer.Receiver.Room.Last().Should().Be(1, "nothing is fetched beside it");

        tried.SetResult();

        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Count() == 4);
        consumer.Gate.IsPaused.Should().BeFalse();
        consumer.Log.TextsOf(5030).Should().ContainSingle();
    }

    [Fact]
    public async Task What_fails_otherwise_decides_nothing_and_the_next_one_is_tried()
    {
        await using var consumer = Consumer(h => h.PauseOn<TimeoutException>(1, Pause), concurrency: 4).Start();
        await OpenAsync(consumer);
        _failure = text => text == "broken" ? new FormatException("Broken.") : null;
        Push(consumer, "broken", "good");

        _time.Advance(Pause);

        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Any());
        _started.Should().Equal("first", "broken", "good");
        consumer.Receiver.Of(SettlementKind.Retry).Should().ContainSingle().Which.Starts.Should().Be(1);
    }

    [Fact]
    public async Task A_success_ends_the_row_and_another_exception_does_not()
    {
        await using var consumer = Consumer(h => h.PauseOn<TimeoutException>(3, Pause)).Start();
        _failure = text => text[0] switch
        {
            'x' => new TimeoutException(),
            'o' => new FormatException(),
            _ => null,
        };
        Push(consumer, "x1", "x2", "good", "x3", "o1", "x4", "o2");
        await Eventually.TrueAsync(() => _started.Count == 7);
        consumer.Gate.IsPaused.Should().BeFalse();

        Push(consumer, "x5");

        await Eventually.TrueAsync(() => consumer.Gate.IsPaused);
    }

    [Fact]
    public async Task Verdicts_on_a_message_do_not_count()
    {
        await using var consumer = Consumer(h =>
        {
            h.PauseOn<Exception>(1, Pause);
            h.Retry.DoNotRetry<FormatException>();
        }).Start();
        _failure = text => text == "said" ? new DeadLetterException("Said.") : new FormatException();

        Push(consumer, "said", "never");

        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.DeadLetter).Count() == 2);
        consumer.Gate.IsPaused.Should().BeFalse();
    }

    [Fact]
    public async Task Only_what_the_condition_says_counts_and_one_that_throws_is_logged()
    {
        await using var consumer = Consumer(h => h
            .PauseOn<TimeoutException>(1, Pause, error => error.Message switch
            {
                "that" => true,
                "throws" => throw new InvalidOperationException(),
                _ => false,
            })).Start();
        _failure = text => new TimeoutException(text);
        Push(consumer, "other", "throws");
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Retry).Count() == 2);
        consumer.Gate.IsPaused.Should().BeFalse();
        consumer.Log.TextsOf(5032).Should().ContainSingle();

        Push(consumer, "that");

        await Eventually.TrueAsync(() => consumer.Gate.IsPaused);
    }

    [Fact]
    public async Task Attempts_that_follow_at_once_count_once_and_are_not_spent()
    {
        await using var consumer = Consumer(h =>
        {
            h.Retry.ImmediateAttempts = 2;
            h.PauseOn<TimeoutException>(1, Pause);
        }).Start();

        Push(consumer, "thrice");

        await ReleasedAsync(consumer, 1);
        _started.Should().HaveCount(3);
        consumer.Receiver.Of(SettlementKind.Release).Single().Starts.Should().Be(0);
    }

    [Fact]
    public async Task Other_pauses_hold_beside_it()
    {
        await using var consumer = Consumer(h => h.PauseOn<TimeoutException>(1, Pause)).Start();
        await OpenAsync(consumer);
        _failure = _ => null;
        consumer.Gate.Set(PauseReason.Subscription, true);
        Push(consumer, "later");
        _time.Advance(Pause);
        consumer.Gate.IsPaused.Should().BeTrue();

        consumer.Gate.Set(PauseReason.Subscription, false);

        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Any() && !consumer.Gate.AdmitsOne);
    }

    [Fact]
    public async Task On_PubSub_what_failed_waits_in_the_process_and_is_tried_again()
    {
        await using var consumer = Consumer(h => h.PauseOn<TimeoutException>(1, Pause), transport: TransportKind.PubSub).Start();
        Push(consumer, "kept");
        await Eventually.TrueAsync(() => consumer.Gate.IsPaused);
        _failure = _ => null;
        consumer.Receiver.Settlements.Should().BeEmpty();

        _time.Advance(Pause);

        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Any());
        _started.Should().Equal("kept", "kept");
    }

    [Fact]
    public async Task With_strict_key_order_all_stays_here_and_a_key_waits_for_what_was_tried_in_vain()
    {
        await using var consumer = Consumer(
            h =>
            {
                h.KeyOrder = KeyOrder.Strict;
                h.PauseOn<TimeoutException>(1, Pause);
            },
            concurrency: 4).Start();
        consumer.Push("a1", key: "a");
        await Eventually.TrueAsync(() => consumer.Gate.IsPaused);
        consumer.Push("a2", key: "a");
        consumer.Push("b1", key: "b");
        _time.Advance(Pause);
        await Eventually.TrueAsync(() => _started.Count == 2 && consumer.Gate.IsPaused);
        _failure = _ => null;

        await AdvanceUntilAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Count() == 3, most: 2 * Pause);

        _started.Should().Equal("a1", "a1", "b1", "a1", "a2");
        consumer.Receiver.Settlements.Should().OnlyContain(settlement => settlement.Kind == SettlementKind.Ack || settlement.Kind == SettlementKind.Extend);
    }

    [Fact]
    public async Task A_stop_during_the_pause_gives_everything_back()
    {
        await using var consumer = Consumer(h => h.PauseOn<TimeoutException>(1, Pause), transport: TransportKind.PubSub).Start();
        Push(consumer, "a", "b");
        await Eventually.TrueAsync(() => consumer.Gate.IsPaused);

        await Eventually.EndsAsync(consumer.StopAsync());

        consumer.Receiver.Of(SettlementKind.Release).Should().HaveCount(2).And.OnlyContain(settlement => settlement.Starts == 0);
    }

    private static void Push(FakeConsumer consumer, params string[] texts) => Array.ForEach(texts, text => consumer.Push(text));

    private FakeConsumer Consumer(Action<HandlerOptions> handler, int concurrency = 1, TransportKind transport = TransportKind.Stream) => new(
        (text, _, _) =>
        {
            _started.Enqueue(text);
            return _failure(text) is { } failure ? throw failure : ValueTask.CompletedTask;
        },
        concurrency,
        time: _time,
        transport: transport,
        handler: handler);

    /// <summary>The first failure pauses it, and its message is given back.</summary>
    private async Task OpenAsync(FakeConsumer consumer)
    {
        Push(consumer, "first");
        await ReleasedAsync(consumer, 1);
        consumer.Gate.IsPaused.Should().BeTrue();
    }

    /// <summary>A paused consumer looks for what it can release at once, and then after 100 ms of its clock.</summary>
    private Task ReleasedAsync(FakeConsumer consumer, int count) =>
        AdvanceUntilAsync(() => consumer.Receiver.Of(SettlementKind.Release).Count() == count, most: TimeSpan.FromSeconds(1));

    private Task AdvanceUntilAsync(Func<bool> condition, TimeSpan most)
    {
        var step = most / 50;
        var left = 50;
        return Eventually.TrueAsync(() =>
        {
            if (!condition() && left-- > 0)
            {
                _time.Advance(step);
            }

            return condition();
        });
    }
}
