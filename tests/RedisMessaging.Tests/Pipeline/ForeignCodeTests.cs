using System.Collections;
using System.Diagnostics.CodeAnalysis;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Publishing.Batching;
using RedisMessaging.Tests.Support;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Tests.Pipeline;

/// <summary>A user's code that throws where it is not expected, over a receiver without Redis. The contract suite has the rest.</summary>
public sealed class ForeignCodeTests
{
    private const int ConditionFailed = 5016;
    private const int VerdictFailed = 5017;
    private const int LoopRestarted = 1002;
    private const int CallbackFailed = 5019;
    private const int ResendFailed = 4002;
    private const int Unhandleable = 5007;

    [Fact]
    public async Task A_condition_that_throws_counts_as_not_met_and_the_others_are_asked()
    {
        await using var consumer = Failing(
            message => message == "hopeless" ? new FormatException("hopeless") : new InvalidOperationException("fails"),
            handler =>
            {
                (handler.Retry.MaxAttempts, handler.Retry.Delay, handler.Retry.ImmediateAttempts) = (2, TimeSpan.Zero, 1);
                handler.Retry.DoNotRetry<Exception>(error => error.Data["code"]!.ToString() == "1").DoNotRetry<FormatException>();
            });

        consumer.Push("fails");
        consumer.Push("hopeless");

        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.DeadLetter).Count() == 2);
        consumer.Receiver.Of(SettlementKind.DeadLetter).Select(letter => (letter.Reason, letter.Starts, letter.Detail)).Should().BeEquivalentTo(
        [
            ("max-attempts", 2, "System.InvalidOperationException: fails"),
            ("not-retryable", 1, "System.FormatException: hopeless"),
        ]);
        consumer.Log.TextsOf(ConditionFailed).Should().NotBeEmpty().And.OnlyContain(text => text.Contains("fails") || text.Contains("hopeless"));
    }

    [Fact]
    public async Task Where_no_verdict_can_be_found_it_is_another_attempt_and_at_last_a_dead_letter()
    {
        HandlerOptions? options = null;
        await using var consumer = Failing(
            message =>
            {
                // Checked when it was registered, and no more.
                options!.Retry.Jitter = double.NaN;
                return message == "fails" ? new BrokenException() : null;
            },
            handler =>
            {
                options = handler;
                handler.Retry.MaxAttempts = 3;
            });

        consumer.Push("fails", starts: 1);
        consumer.Push("is fine");

        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Retry).Any() && consumer.Receiver.Of(SettlementKind.Ack).Any());
        var retry = consumer.Receiver.Of(SettlementKind.Retry).Single();
        (retry.Starts, retry.Delay > TimeSpan.Zero).Should().Be((2, true));
        consumer.Log.TextsOf(VerdictFailed).Should().ContainSingle().Which.Should().Contain("fails").And.Contain(typeof(BrokenException).FullName);
    }

    [Fact]
    public async Task A_batch_whose_failures_can_t_be_looked_up_fails_and_leaves_no_message_in_hand()
    {
        await using var consumer = new FakeConsumer(b => b.AddBatchHandler<string>(
            (batch, _) => throw new BatchException(batch[0].Message == "throws"
                ? new BrokenFailures()
                : new Dictionary<MessageContext, Exception> { [batch[0]] = null! }),
            h => (h.Group, h.BatchSize, h.BatchWait) = ("group", 2, TimeSpan.Zero))).Start();

        consumer.Push("throws");
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Retry).Count() == 1);
        consumer.Push("null");

        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Retry).Count() == 2, what: "each is tried again");
    }

    [Fact]
    public async Task A_callback_on_a_token_that_throws_when_the_handler_s_time_is_over_ends_neither_the_process_nor_the_consumer()
    {
        await using var consumer = new FakeConsumer(
            async (text, _, token) =>
            {
                if (text == "slow")
                {
                    token.Register(() => throw new BrokenException());
                    await Task.Delay(Timeout.Infinite, token);
                }
            },
            handler: handler => handler.HandlerTimeout = TimeSpan.FromMilliseconds(20)).Start();

        consumer.Push("slow");
        consumer.Push("quick");

        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Any() && consumer.Receiver.Of(SettlementKind.Retry).Any());
        consumer.Log.TextsOf(CallbackFailed).Should().ContainSingle();
    }

    [Fact]
    public async Task A_callback_that_never_returns_does_not_hold_up_the_stop()
    {
        using var release = new ManualResetEventSlim();
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var consumer = new FakeConsumer(
            async (_, _, token) =>
            {
                token.Register(() => release.Wait(CancellationToken.None));
                started.SetResult();
                await Task.Delay(Timeout.Infinite, CancellationToken.None);
            },
            shutdownTimeout: TimeSpan.FromMilliseconds(500)).Start();
        consumer.Push("stuck");
        await started.Task;

        await Eventually.EndsAsync(consumer.StopAsync());

        // A clock that runs away does not wait for it.
        await Eventually.TrueAsync(() => consumer.Receiver.IsDisposed);
        release.Set();
    }

    [Fact]
    public async Task A_receive_loop_that_dies_is_started_again()
    {
        var time = new BrokenTime();
        await using var consumer = new FakeConsumer((_, _, _) => ValueTask.CompletedTask, time: time).Start();
        time.IsBroken = true;
        consumer.Receiver.ReceiveErrors.Enqueue(new RedisConnectionException(ConnectionFailureType.SocketClosed, "cut"));
        consumer.Push("wakes it");
        await Eventually.TrueAsync(() => consumer.Log.TextsOf(LoopRestarted).Any());
        time.IsBroken = false;

        consumer.Push("after");

        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Any(ack => ack.Delivery.Receipt == 2), what: "it receives again");
    }

    [Fact]
    public async Task Publishers_do_not_wait_for_a_resend_loop_that_died()
    {
        var time = new BrokenTime();
        using var instruments = new RedisMessaging.Diagnostics.Instruments();
        var log = new ListLoggerProvider();
        var transport = new FakeTransport((attempt, _) =>
        {
            time.IsBroken = attempt > 1;
            return new SendResult(Error: new RedisConnectionException(ConnectionFailureType.UnableToConnect, "away"));
        });
        var line = new PublishBatcher(Configured.Topic(b => b.AddQueue<SendEmail>("topic")), transport, TimeSpan.FromSeconds(10), new BusServices(time, log, instruments));

        var results = new SendResult[1];
        var sending = line.SendManyAsync("topic", new[] { new OutgoingFrame("frame"u8.ToArray(), "a") }, results, mayRetry: true, CancellationToken.None).AsTask();

        await Eventually.EndsAsync(sending);
        results[0].Error.Should().NotBeNull();
        log.TextsOf(ResendFailed).Should().ContainSingle();
    }

    [Theory]
    [InlineData(true, "reported no outcome")]
    [InlineData(false, "gave it back")]
    public async Task A_dead_letter_of_what_came_back_too_often_says_what_is_known(bool redelivered, string outcome)
    {
        await using var consumer = Failing(_ => new InvalidOperationException("This was it."), handler => (handler.Retry.MaxAttempts, handler.Retry.Delay) = (3, TimeSpan.FromSeconds(30)));
        consumer.Push("known", starts: 1);
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Retry).Any());

        consumer.Push("known", redelivered, starts: 9);
        consumer.Push("other", redelivered, starts: 9);

        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.DeadLetter).Count() == 2);
        var details = consumer.Receiver.Of(SettlementKind.DeadLetter).Select(letter => letter.Detail!).ToList();
        details.Should().OnlyContain(detail => detail.Contains("started 9 times") && detail.Contains("MaxAttempts is 3") && detail.Contains(outcome));
        details[0].Should().Contain("System.InvalidOperationException: This was it.");
        details[1].Should().NotContain("This was it.").And.Contain("5006");
        consumer.Log.TextsOf(Unhandleable).Should().Contain(text => text.Contains("Message known of")).And.Contain(text => text.Contains("Message other of"));
    }

    private static FakeConsumer Failing(Func<string, Exception?> fail, Action<HandlerOptions> handler) => new FakeConsumer(
        (text, _, _) => fail(text) is { } error ? throw error : ValueTask.CompletedTask,
        handler: handler).Start();

    /// <summary>Failures that can be counted and not looked up.</summary>
    [SuppressMessage("Naming", "CA1710", Justification = "A test's own.")]
    private sealed class BrokenFailures : IReadOnlyDictionary<MessageContext, Exception>
    {
        public IEnumerable<MessageContext> Keys => [];

        public IEnumerable<Exception> Values => [];

        public int Count => 1;

        public Exception this[MessageContext key] => throw new BrokenException();

        public bool ContainsKey(MessageContext key) => throw new BrokenException();

        public bool TryGetValue(MessageContext key, [MaybeNullWhen(false)] out Exception value) => throw new BrokenException();

        public IEnumerator<KeyValuePair<MessageContext, Exception>> GetEnumerator() => throw new BrokenException();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
