using System.Collections.Concurrent;
using System.Diagnostics;
using RedisMessaging.Bus.Stopping;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Tests.Support;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Tests.Pipeline;

/// <summary>Stops that are asked for inside handlers, and how long a stop takes.</summary>
public sealed class StoppingTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_handler_that_stops_its_own_consumer_is_not_waited_for_and_its_message_is_acked()
    {
        FakeConsumer? consumer = null;
        var returned = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var mayEnd = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        consumer = new FakeConsumer(async (_, _, _) =>
        {
            await StopInsideAsync(consumer!);
            returned.SetResult();
            await mayEnd.Task;
        });
        await using var owned = consumer;
        consumer.Push("first");
        consumer.Push("second");
        consumer.Start();

        await Eventually.EndsAsync(returned.Task, Soon);
        consumer.Receiver.IsDisposed.Should().BeFalse("the verdict is still to come");
        mayEnd.SetResult();
        await Eventually.EndsAsync(consumer.StopAsync(), Soon);

        consumer.Receiver.Settlements.Select(settlement => settlement.Kind).Should().Equal(SettlementKind.Ack, SettlementKind.Release);
        consumer.Log.TextsOf(5010).Should().BeEmpty("nothing was cancelled");
    }

    [Fact]
    public async Task It_waits_for_the_other_handlers()
    {
        FakeConsumer? consumer = null;
        var stopping = new TaskCompletionSource<Task>(TaskCreationOptions.RunContinuationsAsynchronously);
        var otherRuns = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var otherMayEnd = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        consumer = new FakeConsumer(
            async (text, _, _) =>
            {
                if (text == "other")
                {
                    otherRuns.SetResult();
                    await otherMayEnd.Task;
                    return;
                }

                await otherRuns.Task;
                // From a flow inside a flow.
                var stop = Task.Run(async () => await StopInsideAsync(consumer!), CancellationToken.None);
                stopping.SetResult(stop);
                await stop;
            },
            concurrency: 3);
        await using var owned = consumer;
        consumer.Push("stops");
        consumer.Push("other");
        consumer.Start();

        var inside = await Eventually.EndsAsync(stopping.Task, Soon);
        await Task.Delay(50);
        inside.IsCompleted.Should().BeFalse("another handler runs");
        otherMayEnd.SetResult();
        await Eventually.EndsAsync(consumer.StopAsync(), Soon);
        consumer.Receiver.Of(SettlementKind.Ack).Should().HaveCount(2);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Handlers_that_stop_each_other_s_consumers_all_come_back(int count)
    {
        var consumers = new FakeConsumer[count];
        var running = new CountdownEvent(count);
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        for (var i = 0; i < count; i++)
        {
            var next = (i + 1) % count;
            consumers[i] = new FakeConsumer(async (_, _, _) =>
            {
                if (running.Signal())
                {
                    all.SetResult();
                }

                await all.Task;
                await StopInsideAsync(consumers[next]);
            });
        }

        foreach (var consumer in consumers)
        {
            consumer.Push("message");
            consumer.Start();
        }

        foreach (var consumer in consumers)
        {
            await Eventually.TrueAsync(() => consumer.Receiver.IsDisposed, Soon);
            consumer.Receiver.Settlements.Select(settlement => settlement.Kind).Should().Equal(SettlementKind.Ack);
            await consumer.DisposeAsync();
        }

        running.Dispose();
    }

    [Fact]
    public async Task What_a_handler_left_running_stops_like_anybody_else()
    {
        FakeConsumer? consumer = null;
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var secondRuns = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var secondMayEnd = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task? left = null;
        consumer = new FakeConsumer(async (text, _, _) =>
        {
            if (text == "first")
            {
                left = Task.Run(async () =>
                {
                    await secondRuns.Task;
                    await StopInsideAsync(consumer!);
                }, CancellationToken.None);
                return;
            }

            secondRuns.SetResult();
            await secondMayEnd.Task;
        });
        await using var owned = consumer;
        consumer.Push("first");
        consumer.Push("second");
        consumer.Start();
        await Eventually.EndsAsync(secondRuns.Task, Soon);
        await Task.Delay(50);
        left!.IsCompleted.Should().BeFalse("the handler that it came from has ended, and another one runs");
        secondMayEnd.SetResult();
        await Eventually.EndsAsync(left, Soon);
        consumer.Receiver.IsDisposed.Should().BeTrue();
    }

    [Fact]
    public async Task A_batch_handler_that_stops_its_own_consumer_is_not_waited_for_and_its_messages_are_acked()
    {
        FakeConsumer? consumer = null;
        consumer = new FakeConsumer(b => b.AddBatchHandler<string>(
            async (_, _) => await StopInsideAsync(consumer!),
            h => (h.Group, h.BatchSize, h.BatchWait) = ("group", 3, TimeSpan.FromMilliseconds(50))));
        await using var owned = consumer;
        foreach (var text in new[] { "one", "two", "three" })
        {
            consumer.Push(text);
        }

        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Receiver.IsDisposed, Soon);
        consumer.Receiver.Settlements.Select(settlement => settlement.Kind).Should().OnlyContain(verdict => verdict == SettlementKind.Ack).And.HaveCount(3);
    }

    [Fact]
    public async Task A_later_caller_s_hurry_counts()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var hurry = new CancellationTokenSource();
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
        var stopping = consumer.StopAsync(hurry.Token);
        stopping.IsCompleted.Should().BeFalse();
        await hurry.CancelAsync();
        await Eventually.EndsAsync(stopping, Soon);
    }

    [Theory]
    [InlineData(25, 20, 24)]
    [InlineData(10, 8, 9.5)]
    [InlineData(1, 0.8, 0.95)]
    [InlineData(0, 0, 0)]
    [InlineData(3_600, 3_595, 3_599)]
    public void The_time_of_a_stop_is_divided(double total, double undisturbed, double handlers)
    {
        var budget = new ShutdownBudget(TimeSpan.FromSeconds(total), new TestTime());
        budget.Undisturbed.TotalSeconds.Should().BeApproximately(undisturbed, 0.001);
        (budget.Undisturbed + budget.Grace).TotalSeconds.Should().BeApproximately(handlers, 0.001);
    }

    [Fact]
    public async Task A_handler_that_overruns_and_ignores_its_token_does_not_make_a_stop_longer_than_its_timeout()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var cancelledAfter = new ConcurrentQueue<TimeSpan>();
        var watch = new Stopwatch();
        await using var consumer = new FakeConsumer(
            async (_, _, token) =>
            {
                await using var registration = token.Register(() => cancelledAfter.Enqueue(watch.Elapsed));
                started.SetResult();
                await release.Task;
            },
            shutdownTimeout: TimeSpan.FromSeconds(5));
        consumer.Push("message");
        consumer.Start();
        await Eventually.EndsAsync(started.Task);
        watch.Start();
        await Eventually.EndsAsync(consumer.StopAsync());
        // Two seconds are for a machine that is busy; five more were taken before.
        watch.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(7));
        cancelledAfter.Should().ContainSingle().Which.Should().BeGreaterThan(TimeSpan.FromSeconds(3.9)).And.BeLessThan(TimeSpan.FromSeconds(6));
        consumer.Receiver.Of(SettlementKind.Release).Should().HaveCount(1);
        release.SetResult();
    }

    private static Task StopInsideAsync(FakeConsumer consumer) => StopWaits.WaitAsync([consumer.Pump.Handlers], consumer.StopAsync());
}
