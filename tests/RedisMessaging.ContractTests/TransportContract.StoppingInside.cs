using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace RedisMessaging.ContractTests;

/// <summary>Stops and disposals that are asked for inside handlers, and whose context handlers run in.</summary>
public abstract partial class TransportContract<TFixture>
{
    /// <summary>Far below ShutdownTimeout, for which a handler that waits for itself would wait.</summary>
    private static readonly TimeSpan WithoutWaiting = TimeSpan.FromSeconds(15);

    private static readonly AsyncLocal<object?> CallersOwn = new();

    [ContractFact]
    public Task A_handler_may_dispose_its_subscription() => DisposeInsideAsync(wholeBus: false);

    [ContractFact]
    public Task A_handler_may_dispose_its_bus() => DisposeInsideAsync(wholeBus: true);

    private async Task DisposeInsideAsync(bool wholeBus)
    {
        var bus = await ConnectAsync();
        var returned = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var subscribed = new TaskCompletionSource<IMessageSubscription>(TaskCreationOptions.RunContinuationsAsynchronously);
        var handled = new ConcurrentQueue<int>();
        var subscription = await bus.SubscribeAsync<Note>(
            Topic,
            async (note, _, _) =>
            {
                handled.Enqueue(note.Number);
                await (wholeBus ? bus.DisposeAsync() : (await subscribed.Task).DisposeAsync());
                returned.TrySetResult();
            },
            OneAtATime());
        subscribed.SetResult(subscription);
        await bus.PublishAsync(new Note("disposes", 1));

        await Eventually.EndsAsync(returned.Task, WithoutWaiting);
        await Eventually.EndsAsync(subscription.DisposeAsync().AsTask(), WithoutWaiting);
        await Eventually.EndsAsync(bus.DisposeAsync().AsTask(), WithoutWaiting);
        handled.Should().Equal(1);
        if (Fixture.Capabilities.CompetingConsumers)
        {
            await NothingIsLeftAsync();
        }
    }

    [ContractFact]
    public async Task A_batch_handler_may_dispose_its_subscription()
    {
        var bus = await ConnectAsync();
        var returned = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var subscribed = new TaskCompletionSource<IMessageSubscription>(TaskCreationOptions.RunContinuationsAsynchronously);
        var subscription = await bus.SubscribeBatchAsync<Note>(
            Topic,
            async (_, _) =>
            {
                // On another thread, and deeper down.
                await Task.Run(async () => await (await subscribed.Task).DisposeAsync(), CancellationToken.None);
                returned.TrySetResult();
            },
            new BatchSubscribeOptions { BatchSize = 10 });
        subscribed.SetResult(subscription);
        await bus.PublishAsync(new Note("disposes"));

        await Eventually.EndsAsync(returned.Task, WithoutWaiting);
        await Eventually.EndsAsync(subscription.DisposeAsync().AsTask(), WithoutWaiting);
        if (Fixture.Capabilities.CompetingConsumers)
        {
            await NothingIsLeftAsync();
        }
    }

    [ContractFact]
    public async Task A_request_handler_that_disposes_its_bus_still_answers()
    {
        RedisMessageBus? answering = null;
        answering = await ConnectAsync(messaging => messaging.AddRequestHandler<Note, Sum>(async (note, _, _) =>
        {
            await answering!.DisposeAsync();
            return new Sum(note.Number);
        }));
        var asking = await ConnectAsync();

        var sum = await Eventually.EndsAsync(asking.RequestAsync<Note, Sum>(new Note("disposes", 7), new RequestOptions { Timeout = TimeSpan.FromSeconds(15) }).AsTask());

        sum.Should().Be(new Sum(7));
        await Eventually.EndsAsync(answering.DisposeAsync().AsTask(), WithoutWaiting);
    }

    [ContractFact]
    public async Task Two_handlers_may_dispose_each_other_s_buses()
    {
        var buses = new RedisMessageBus[2];
        var groups = Fixture.HasGroups ? new[] { "one", "two" } : ["one", "one"];
        var both = new Barrier(2);
        var returned = new[] { new TaskCompletionSource(), new TaskCompletionSource() };
        for (var i = 0; i < 2; i++)
        {
            var me = i;
            buses[i] = await ConnectAsync();
            await buses[i].SubscribeAsync<Note>(
                Topic,
                async (_, _, _) =>
                {
                    await Task.Run(() => both.SignalAndWait(TimeSpan.FromSeconds(10)), CancellationToken.None);
                    await buses[1 - me].DisposeAsync();
                    returned[me].TrySetResult();
                },
                OneAtATime(groups[i]));
        }

        // Where each message goes to one of them, each gets one.
        await buses[0].PublishManyAsync(Notes(groups[0] == groups[1] ? 2 : 1));

        foreach (var ended in returned)
        {
            await Eventually.EndsAsync(ended.Task, WithoutWaiting);
        }

        foreach (var bus in buses)
        {
            await Eventually.EndsAsync(bus.DisposeAsync().AsTask(), WithoutWaiting);
        }

        both.Dispose();
    }

    [ContractFact]
    public async Task A_handler_may_stop_the_host_and_its_message_is_acked()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "contract" });
        builder.Services.AddSingleton<ILoggerFactory>(Log);
        var hosts = new TaskCompletionSource<IHost>(TaskCreationOptions.RunContinuationsAsynchronously);
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var handled = 0;
        builder.Services.AddRedisMessaging(ConnectionString, messaging => Configure(messaging, more => more.AddHandler<Note>(async (_, _, token) =>
        {
            Interlocked.Increment(ref handled);
            await (await hosts.Task).StopAsync(CancellationToken.None);
            stopped.TrySetResult();
        })));
        var host = builder.Build();
        await Eventually.EndsAsync(host.StartAsync());
        hosts.SetResult(host);
        await host.Services.GetRequiredService<IMessageBus>().PublishAsync(new Note("stops"));

        await Eventually.EndsAsync(stopped.Task, WithoutWaiting);
        // Synchronously, as `using` does it.
        await Eventually.EndsAsync(Task.Run(host.Dispose), WithoutWaiting);
        handled.Should().Be(1);
        if (Fixture.Capabilities.CompetingConsumers)
        {
            await NothingIsLeftAsync();
        }
    }

    [ContractFact]
    public async Task A_reader_s_bus_may_be_disposed_inside_its_loop()
    {
        var bus = await ConnectAsync();
        var read = 0;
        var reading = Task.Run(async () =>
        {
            await foreach (var message in bus.ReadAsync<Note>(Topic, OneAtATime()))
            {
                read++;
                await message.AckAsync();
                await bus.DisposeAsync();
            }
        });
        var publisher = await ConnectAsync();
        await Eventually.TrueAsync(
            async () =>
            {
                await publisher.PublishAsync(new Note("read"));
                return reading.IsCompleted;
            },
            WithoutWaiting);
        await reading;
        read.Should().Be(1);
    }

    [ContractFact]
    public async Task Disposing_twice_at_once_waits_for_one_end()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var mayEnd = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var bus = await ConnectAsync();
        var subscription = await bus.SubscribeAsync<Note>(Topic, async (_, _, _) =>
        {
            started.TrySetResult();
            await mayEnd.Task;
        });
        await bus.PublishAsync(new Note("slow"));
        await Eventually.EndsAsync(started.Task);

        Task[] ends = [subscription.DisposeAsync().AsTask(), subscription.DisposeAsync().AsTask(), bus.DisposeAsync().AsTask(), bus.DisposeAsync().AsTask(), Task.Run(bus.Dispose)];
        await Task.Delay(100);
        ends.Should().NotContain(end => end.IsCompleted);
        mayEnd.SetResult();
        await Eventually.EndsAsync(Task.WhenAll(ends));
        await Eventually.EndsAsync(bus.DisposeAsync().AsTask());
    }

    [ContractFact]
    public async Task A_stop_ends_within_its_timeout_whatever_a_handler_does()
    {
        var bus = await ConnectAsync(messaging => messaging.ShutdownTimeout = TimeSpan.FromSeconds(3));
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var mayEnd = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await bus.SubscribeAsync<Note>(Topic, async (_, _, _) =>
        {
            started.TrySetResult();
            await mayEnd.Task;
        });
        await bus.PublishAsync(new Note("ignores its token"));
        await Eventually.EndsAsync(started.Task);

        var watch = Stopwatch.StartNew();
        await Eventually.EndsAsync(bus.DisposeAsync().AsTask());
        // A second is for giving back, another one for a machine that is busy.
        watch.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(5));
        mayEnd.SetResult();
    }

    [ContractFact]
    public async Task Handlers_run_in_no_caller_s_context_and_keep_none_alive()
    {
        var bus = await ConnectAsync();
        var seen = new ConcurrentQueue<(object? Own, Activity? Activity)>();
        var (subscription, own) = await SubscribeInContextAsync(bus, seen);
        await bus.PublishManyAsync(Notes(20));

        await Eventually.TrueAsync(() => seen.Count >= 20);
        seen.Should().OnlyContain(context => context.Own == null && context.Activity == null);
        await Eventually.TrueAsync(() =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return !own.IsAlive;
        });
        await Eventually.EndsAsync(subscription.DisposeAsync().AsTask());
    }

    [ContractFact]
    public async Task What_the_first_publish_starts_keeps_nothing_of_its_context_alive()
    {
        var bus = await ConnectAsync();
        var own = await PublishInContextAsync(bus);

        await Eventually.TrueAsync(() =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return !own.IsAlive;
        });
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<(IMessageSubscription Subscription, WeakReference Own)> SubscribeInContextAsync(RedisMessageBus bus, ConcurrentQueue<(object? Own, Activity? Activity)> seen)
    {
        using var activity = new Activity("a request").Start();
        var own = new object();
        CallersOwn.Value = own;
        var subscription = await bus.SubscribeAsync<Note>(Topic, (_, _, _) =>
        {
            seen.Enqueue((CallersOwn.Value, Activity.Current));
            return ValueTask.CompletedTask;
        });
        return (subscription, new WeakReference(own));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<WeakReference> PublishInContextAsync(RedisMessageBus bus)
    {
        var own = new object();
        CallersOwn.Value = own;
        await bus.PublishAsync(new Note("now"));
        if (Fixture.Capabilities.Scheduling)
        {
            await bus.PublishAsync(new Note("later"), new PublishOptions { Delay = TimeSpan.FromHours(1) });
        }

        if (!Fixture.Capabilities.Durable)
        {
            bus.TryPublish(new Note("in the background")).Should().BeTrue();
        }

        await FluentActions.Awaiting(() => bus.RequestAsync<Note, Sum>(new Note("asked"), new RequestOptions { Timeout = TimeSpan.FromMilliseconds(200) }).AsTask()).Should().ThrowAsync<RedisMessagingException>();
        return new WeakReference(own);
    }
}
