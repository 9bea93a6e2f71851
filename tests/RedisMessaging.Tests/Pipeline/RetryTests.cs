using System.Collections.Concurrent;
using RedisMessaging.Background;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Tests.Support;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Tests.Pipeline;

/// <summary>What becomes of a message whose handler failed.</summary>
public sealed class RetryTests
{
    [Fact]
    public async Task A_failed_message_goes_back_with_its_starts_until_the_maximum()
    {
        await using var consumer = Failing(_ => new InvalidOperationException("no"), handler => (handler.Retry.MaxAttempts, handler.Retry.Delay) = (3, TimeSpan.Zero)).Start();

        consumer.Push("first");
        consumer.Push("second", starts: 1);
        consumer.Push("last", starts: 2);

        await Eventually.TrueAsync(() => consumer.Receiver.Settlements.Count() == 3);
        consumer.Receiver.Of(SettlementKind.Retry).Select(settlement => settlement.Starts).Should().BeEquivalentTo([1, 2]);
        var dead = consumer.Receiver.Of(SettlementKind.DeadLetter).Single();
        dead.Starts.Should().Be(3);
        dead.Reason.Should().Be("max-attempts");
        dead.Detail.Should().Be("System.InvalidOperationException: no");
    }

    [Fact]
    public async Task What_came_back_without_a_verdict_after_its_last_attempt_is_not_started_again()
    {
        var started = 0;
        await using var consumer = new FakeConsumer(
            (_, _, _) =>
            {
                Interlocked.Increment(ref started);
                return ValueTask.CompletedTask;
            },
            handler: handler => handler.Retry.MaxAttempts = 3).Start();

        consumer.Push("poison", redelivered: true, starts: 3);

        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.DeadLetter).Any());
        consumer.Receiver.Of(SettlementKind.DeadLetter).Single().Reason.Should().Be("max-attempts");
        started.Should().Be(0);
    }

    [Fact]
    public async Task Immediate_attempts_follow_in_place_and_count()
    {
        var attempts = new ConcurrentQueue<int>();
        await using var consumer = new FakeConsumer(
            (_, context, _) =>
            {
                attempts.Enqueue(context.Attempt);
                return context.Attempt < 3 ? throw new InvalidOperationException("no") : ValueTask.CompletedTask;
            },
            handler: handler => handler.Retry.ImmediateAttempts = 2).Start();

        consumer.Push("third time lucky");

        await Eventually.TrueAsync(() => consumer.Receiver.Settlements.Any());
        consumer.Receiver.Settlements.Single().Kind.Should().Be(SettlementKind.Ack);
        attempts.Should().Equal(1, 2, 3);
    }

    [Fact]
    public async Task A_redelivered_message_gets_no_immediate_attempts()
    {
        await using var consumer = Failing(_ => new InvalidOperationException("no"), handler => (handler.Retry.ImmediateAttempts, handler.Retry.Delay) = (5, TimeSpan.Zero)).Start();

        consumer.Push("suspect", redelivered: true, starts: 1);

        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Retry).Any());
        consumer.Receiver.Of(SettlementKind.Retry).Single().Starts.Should().Be(2);
    }

    [Fact]
    public async Task An_exception_that_is_never_retried_ends_in_the_dead_letters_at_once()
    {
        await using var consumer = Failing(
            text => text == "hopeless" ? new FormatException("hopeless") : new InvalidOperationException(text),
            handler =>
            {
                handler.Retry.Delay = TimeSpan.Zero;
                handler.Retry.DoNotRetry<FormatException>().DoNotRetry<InvalidOperationException>(error => error.Message == "not this time");
            }).Start();

        consumer.Push("hopeless");
        consumer.Push("not this time");
        consumer.Push("maybe");

        await Eventually.TrueAsync(() => consumer.Receiver.Settlements.Count() == 3);
        consumer.Receiver.Of(SettlementKind.DeadLetter).Should().HaveCount(2).And.OnlyContain(settlement => settlement.Reason == "not-retryable");
        consumer.Receiver.Of(SettlementKind.Retry).Should().ContainSingle();
    }

    [Fact]
    public async Task A_handler_may_say_that_a_message_is_dead()
    {
        await using var consumer = Failing(_ => new DeadLetterException("no such customer", new FormatException("42a"))).Start();

        consumer.Push("order");

        await Eventually.TrueAsync(() => consumer.Receiver.Settlements.Any());
        var dead = consumer.Receiver.Settlements.Single();
        dead.Kind.Should().Be(SettlementKind.DeadLetter);
        dead.Reason.Should().Be("no such customer");
        dead.Detail.Should().Be("System.FormatException: 42a");
    }

    [Fact]
    public async Task A_handler_may_say_how_long_to_wait_and_Redis_keeps_the_message_meanwhile()
    {
        await using var consumer = new FakeConsumer((_, _, _) => throw new RetryAfterException(TimeSpan.FromMinutes(5)), time: new TestTime()).Start();

        consumer.Push("later");

        await Eventually.TrueAsync(() => consumer.Receiver.Settlements.Any());
        var settlement = consumer.Receiver.Settlements.Single();
        settlement.Kind.Should().Be(SettlementKind.Retry);
        settlement.Delay.Should().Be(TimeSpan.FromMinutes(5));
        settlement.Starts.Should().Be(1);
    }

    [Fact]
    public async Task Where_nothing_is_kept_a_message_waits_in_process()
    {
        var time = new TestTime();
        await using var consumer = new FakeConsumer((_, _, _) => throw new RetryAfterException(TimeSpan.FromMinutes(5)), time: time, transport: TransportKind.PubSub).Start();

        consumer.Push("later");
        await Eventually.TrueAsync(() => consumer.Log.TextsOf(5006).Any());

        time.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(1));
        consumer.Receiver.Of(SettlementKind.Retry).Should().BeEmpty();
        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return consumer.Receiver.Of(SettlementKind.Retry).Any();
        });
        consumer.Receiver.Of(SettlementKind.Retry).Single().IsDelayed.Should().BeFalse("it has waited");
    }

    [Fact]
    public async Task A_failure_while_stopping_still_waits_for_its_time()
    {
        var started = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        await using var consumer = new FakeConsumer(async (_, _, _) =>
        {
            started.SetResult();
            await release.Task;
            throw new RetryAfterException(TimeSpan.FromMinutes(5));
        }).Start();
        consumer.Push("later");
        await Eventually.EndsAsync(started.Task);

        var stopping = consumer.StopAsync();
        release.SetResult();
        await Eventually.EndsAsync(stopping);

        var settlement = consumer.Receiver.Settlements.Single();
        settlement.Kind.Should().Be(SettlementKind.Retry);
        settlement.Delay.Should().Be(TimeSpan.FromMinutes(5));
    }

    [Fact]
    public async Task No_further_attempt_follows_at_once_when_the_message_has_expired()
    {
        var time = new TestTime();
        var attempts = 0;
        await using var consumer = new FakeConsumer(
            (_, _, _) =>
            {
                attempts++;
                time.Advance(TimeSpan.FromMinutes(1));
                throw new InvalidOperationException("no");
            },
            time: time,
            handler: handler => handler.Retry.ImmediateAttempts = 5).Start();

        consumer.Push("perishable", expiresAt: time.GetUtcNow() + TimeSpan.FromSeconds(90));

        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Retry).Any());
        attempts.Should().Be(2);
    }

    [Fact]
    public async Task A_waiting_message_holds_no_handler_up()
    {
        var handled = new TaskCompletionSource<string>();
        await using var consumer = new FakeConsumer((text, _, _) => text == "waits"
            ? throw new RetryAfterException(TimeSpan.FromHours(1))
            : new ValueTask(Task.Run(() => handled.TrySetResult(text)))).Start();

        consumer.Push("waits");
        consumer.Push("goes on");

        (await Eventually.EndsAsync(handled.Task)).Should().Be("goes on");
    }

    [Fact]
    public async Task A_handler_that_runs_for_too_long_has_failed_and_its_token_is_cancelled()
    {
        var cancelled = new TaskCompletionSource();
        await using var consumer = new FakeConsumer(
            async (_, _, token) =>
            {
                token.Register(cancelled.SetResult);
                await Task.Delay(Timeout.InfiniteTimeSpan, token);
            },
            handler: handler => (handler.HandlerTimeout, handler.Retry.Delay) = (TimeSpan.FromMilliseconds(20), TimeSpan.Zero)).Start();

        consumer.Push("endless");

        await Eventually.EndsAsync(cancelled.Task);
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Retry).Any());
        consumer.Log.Errors.Should().Contain(error => error is TimeoutException);
    }

    [Fact]
    public async Task A_handler_that_ignores_its_timeout_is_left_behind()
    {
        var time = new TestTime();
        var started = new TaskCompletionSource();
        var never = new TaskCompletionSource();
        await using var consumer = new FakeConsumer(
            async (text, _, _) =>
            {
                if (text == "deaf")
                {
                    started.SetResult();
                    await never.Task;
                }
            },
            time: time,
            handler: handler => (handler.HandlerTimeout, handler.Retry.Delay) = (TimeSpan.FromMinutes(1), TimeSpan.Zero)).Start();

        consumer.Push("deaf");
        consumer.Push("next");
        await Eventually.EndsAsync(started.Task);

        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(10));
            return consumer.Receiver.Of(SettlementKind.Ack).Any();
        });
        consumer.Receiver.Of(SettlementKind.Retry).Should().ContainSingle();
        never.SetResult();
    }

    [Theory]
    [InlineData(1, 100)]
    [InlineData(2, 200)]
    [InlineData(3, 400)]
    [InlineData(9, 25_600)]
    [InlineData(10, 30_000)]
    [InlineData(100, 30_000)]
    public void Exponential_delays_double_up_to_the_longest(int attempt, int milliseconds) =>
        new RetryOptions { Jitter = 0 }.DelayAfter(attempt).Should().Be(TimeSpan.FromMilliseconds(milliseconds));

    [Fact]
    public void Fixed_delays_stay_and_jitter_takes_no_more_than_its_share()
    {
        var retry = new RetryOptions { Backoff = RetryBackoff.Fixed, Delay = TimeSpan.FromSeconds(1), Jitter = 0.5 };

        var delays = Enumerable.Range(1, 200).Select(retry.DelayAfter).ToList();

        delays.Should().OnlyContain(delay => delay >= TimeSpan.FromSeconds(0.5) && delay <= TimeSpan.FromSeconds(1));
        delays.Distinct().Should().HaveCountGreaterThan(1);
    }

    [Fact]
    public void Wrong_settings_are_told_with_topic_value_and_rule()
    {
        Wrong(handler => handler.Retry.MaxAttempts = 0, "*'topic'*MaxAttempts is 0*1 at least*");
        Wrong(handler => handler.Retry.ImmediateAttempts = 10, "*ImmediateAttempts is 10*MaxAttempts - 1 (9)*");
        Wrong(handler => handler.Retry.Delay = TimeSpan.FromHours(1), "*Delay is 01:00:00*MaxDelay*");
        Wrong(handler => handler.Retry.MaxDelay = TimeSpan.FromDays(2), "*MaxDelay is 2.00:00:00*1 day*");
        Wrong(handler => handler.Retry.Jitter = 2, "*Jitter is 2*between 0 and 1*");
        Wrong(handler => handler.Retry.Backoff = (RetryBackoff)7, "*Backoff is 7*Exponential, Fixed*");
        Wrong(handler => handler.PauseOn<TimeoutException>(0, TimeSpan.FromSeconds(1)), "*'topic'*after of PauseOn<TimeoutException> is 0*between 1 and 10000*");
        Wrong(handler => handler.PauseOn<TimeoutException>(1, TimeSpan.Zero), "*pauseFor of PauseOn<TimeoutException> is 00:00:00*above 0*");
        Wrong(handler => handler.HandlerTimeout = TimeSpan.Zero, "*'topic'*HandlerTimeout is 00:00:00*");
    }

    private static void Wrong(Action<HandlerOptions> configure, string message)
    {
        var making = () => Failing(_ => new InvalidOperationException(), configure);

        making.Should().Throw<RedisMessagingConfigurationException>().WithMessage(message);
    }

    private static FakeConsumer Failing(Func<string, Exception> error, Action<HandlerOptions>? handler = null) => new((text, _, _) => throw error(text), handler: handler);
}
