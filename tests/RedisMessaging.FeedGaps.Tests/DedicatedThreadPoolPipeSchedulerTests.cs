using System.Collections.Concurrent;
using Pipelines.Sockets.Unofficial;
using RedisMessaging.FeedGaps.Tests.Support;

namespace RedisMessaging.FeedGaps.Tests;

public sealed class DedicatedThreadPoolPipeSchedulerTests
{
    [Fact]
    public async Task Work_runs_on_threads_of_its_own()
    {
        using var scheduler = new DedicatedThreadPoolPipeScheduler("own", 2, 5, ThreadPriority.BelowNormal);
        var ranOn = new TaskCompletionSource<(object? State, Thread Thread)>();

        scheduler.Schedule(state => ranOn.TrySetResult((state, Thread.CurrentThread)), "state");

        var (state, thread) = await ranOn.Task.Within();
        state.Should().Be("state");
        thread.IsThreadPoolThread.Should().BeFalse();
        thread.IsBackground.Should().BeTrue();
        thread.Name.Should().StartWith("own:");
        scheduler.WorkerCount.Should().Be(2);
        scheduler.TotalServicedByQueue.Should().Be(1);
        await Deadline.Until(() => scheduler.AvailableCount == 2, "both workers are free");
    }

    [Fact]
    public async Task A_burst_takes_every_free_worker_before_anything_waits()
    {
        using var scheduler = new DedicatedThreadPoolPipeScheduler("burst", 4, 0, ThreadPriority.Normal);
        using var gate = new ManualResetEventSlim();
        var pooled = new ConcurrentBag<bool>();

        for (var i = 0; i < 4; i++)
        {
            scheduler.Schedule(_ => Block(gate, pooled), null);
        }

        scheduler.AvailableCount.Should().Be(0);
        scheduler.TotalServicedByPool.Should().Be(0);
        gate.Set();
        await Deadline.Until(() => pooled.Count == 4, "all ran");
        pooled.Should().NotContain(true);
    }

    [Fact]
    public async Task What_the_queue_does_not_hold_goes_to_the_thread_pool()
    {
        using var scheduler = new DedicatedThreadPoolPipeScheduler("overflow", 1, 2, ThreadPriority.Normal);
        using var gate = new ManualResetEventSlim();
        var pooled = new ConcurrentBag<bool>();
        scheduler.Schedule(_ => Block(gate, pooled), null);

        for (var i = 0; i < 5; i++)
        {
            scheduler.Schedule(_ => pooled.Add(Thread.CurrentThread.IsThreadPoolThread), null);
        }

        // Two wait behind the blocked worker, three do not.
        await Deadline.Until(() => pooled.Count == 3, "the surplus ran while the worker was busy");
        pooled.Should().NotContain(false);
        scheduler.TotalServicedByPool.Should().Be(3);
        scheduler.TotalServicedByQueue.Should().Be(3);

        gate.Set();
        await Deadline.Until(() => pooled.Count == 6, "all ran");
        pooled.Count(onPool => onPool).Should().Be(3);
        await Deadline.Until(() => scheduler.AvailableCount == 1, "the worker is free");
    }

    [Fact]
    public async Task Disposing_runs_what_waits_and_ends_the_threads()
    {
        using var scheduler = new DedicatedThreadPoolPipeScheduler("drain", 2, 100, ThreadPriority.Normal);
        using var gate = new ManualResetEventSlim();
        var threads = new ConcurrentBag<Thread>();
        for (var i = 0; i < 50; i++)
        {
            scheduler.Schedule(_ => BlockThread(gate, threads), null);
        }

        scheduler.Dispose();
        scheduler.Dispose();
        threads.Should().BeEmpty();
        gate.Set();

        await Deadline.Until(() => threads.Count == 50, "what waited has run");
        threads.Should().OnlyContain(thread => thread.Name!.StartsWith("drain:", StringComparison.Ordinal));
        foreach (var thread in threads.Distinct())
        {
            thread.Join(Deadline.Limit).Should().BeTrue();
        }

        var late = new TaskCompletionSource<bool>();
        scheduler.Schedule(_ => late.TrySetResult(Thread.CurrentThread.IsThreadPoolThread), null);
        (await late.Task.Within()).Should().BeTrue("later work goes to the thread pool");
        scheduler.AvailableCount.Should().Be(0);
    }

    [Fact]
    public async Task Disposing_ends_idle_threads_too()
    {
        using var scheduler = new DedicatedThreadPoolPipeScheduler("idle", 1, 1, ThreadPriority.Normal);
        var ranOn = new TaskCompletionSource<Thread>();
        scheduler.Schedule(_ => ranOn.TrySetResult(Thread.CurrentThread), null);
        var thread = await ranOn.Task.Within();
        await Deadline.Until(() => scheduler.AvailableCount == 1, "the worker is free");

        scheduler.Dispose();

        thread.Join(Deadline.Limit).Should().BeTrue();
    }

    [Fact]
    public async Task A_callback_that_throws_does_not_end_its_worker()
    {
        using var scheduler = new DedicatedThreadPoolPipeScheduler("throws", 1, 5, ThreadPriority.Normal);
        var ranOn = new TaskCompletionSource<string?>();

        scheduler.Schedule(_ => throw new InvalidOperationException("on purpose"), null);
        scheduler.Schedule(_ => ranOn.TrySetResult(Thread.CurrentThread.Name), null);

        (await ranOn.Task.Within()).Should().Be("throws:0");
    }

    [Fact]
    public async Task From_many_threads_everything_runs_once()
    {
        const int Each = 50_000;
        using var scheduler = new DedicatedThreadPoolPipeScheduler("busy", 3, 20, ThreadPriority.Normal);
        var runs = new int[4 * Each];

        await Task.WhenAll(Enumerable.Range(0, 4).Select(part => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                scheduler.Schedule(static state => Interlocked.Increment(ref ((Slot)state!).Value), new Slot(runs, (part * Each) + i));
            }
        }))).Within();

        await Deadline.Until(() => Array.TrueForAll(runs, run => run == 1), "each ran once");
        (scheduler.TotalServicedByQueue + scheduler.TotalServicedByPool).Should().Be(4 * Each);
        await Deadline.Until(() => scheduler.AvailableCount == 3, "all workers are free");
    }

    private static void Block(ManualResetEventSlim gate, ConcurrentBag<bool> pooled)
    {
        gate.Wait(Deadline.Limit);
        pooled.Add(Thread.CurrentThread.IsThreadPoolThread);
    }

    private static void BlockThread(ManualResetEventSlim gate, ConcurrentBag<Thread> threads)
    {
        gate.Wait(Deadline.Limit);
        threads.Add(Thread.CurrentThread);
    }

    private sealed class Slot(int[] runs, int index)
    {
        public ref int Value => ref runs[index];
    }
}
