using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace RedisMessaging.ContractTests;

/// <summary>Starting, stopping, and servers that go away.</summary>
public abstract partial class TransportContract<TFixture>
{
    [ContractFact]
    public async Task Closing_the_bus_ends_what_is_being_read_and_gives_back_what_is_unsettled()
    {
        var bus = await ConnectAsync();
        await using var messages = bus.ReadAsync<Note>(Topic).GetAsyncEnumerator();
        var next = messages.MoveNextAsync().AsTask();
        await Eventually.TrueAsync(async () =>
        {
            await bus.PublishAsync(new Note("unsettled"));
            return next.IsCompleted;
        });
        var held = messages.Current;
        var waiting = messages.MoveNextAsync().AsTask();

        await Eventually.EndsAsync(bus.DisposeAsync().AsTask());

        while (await Eventually.EndsAsync(waiting))
        {
            waiting = messages.MoveNextAsync().AsTask();
        }

        (await held.AckAsync()).Should().BeFalse();
        if (Fixture.Capabilities.Durable)
        {
            var inbox = new Inbox();
            await (await ConnectAsync()).SubscribeAsync<Note>(Topic, inbox.HandleAsync);
            // More than one may have been published, and handed out in any order.
            await Eventually.TrueAsync(() => inbox.Contexts.Any(context => context.MessageId == held.MessageId), what: "it is handled");
        }
    }

    [ContractFact]
    public async Task Closing_a_bus_does_not_wait_for_a_Redis_that_is_away()
    {
        await using var server = await RedisServer.StartPrivateAsync();
        Server = server;
        var inbox = new Inbox();
        var bus = await ConnectAsync();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        await bus.PublishAsync(new Note("before"));
        await inbox.HasAsync(1);
        await server.KillAsync();

        await Eventually.EndsAsync(bus.DisposeAsync().AsTask(), TimeSpan.FromSeconds(12));
    }

    [ContractFact]
    public async Task Stopping_cancels_the_handlers_token()
    {
        var started = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        var bus = await ConnectAsync(messaging => messaging.ShutdownTimeout = TimeSpan.FromMilliseconds(100));
        var subscription = await bus.SubscribeAsync<Note>(Topic, async (_, _, token) =>
        {
            started.SetResult();
            await using var registration = token.Register(cancelled.SetResult);
            await Task.Delay(Timeout.Infinite, token);
        });
        await bus.PublishAsync(new Note("endless"));
        await Eventually.EndsAsync(started.Task);

        await Eventually.EndsAsync(subscription.DisposeAsync().AsTask());

        cancelled.Task.IsCompleted.Should().BeTrue();
    }

    [ContractFact]
    public async Task Stopping_lets_a_running_handler_end()
    {
        var started = new TaskCompletionSource();
        var mayEnd = new TaskCompletionSource();
        var inbox = new Inbox();
        var bus = await ConnectAsync();
        var subscription = await bus.SubscribeAsync<Note>(Topic, async (note, context, token) =>
        {
            started.SetResult();
            await mayEnd.Task.WaitAsync(token);
            await inbox.HandleAsync(note, context, token);
        });
        await bus.PublishAsync(new Note("under way"));
        await Eventually.EndsAsync(started.Task);

        var stopping = subscription.DisposeAsync().AsTask();
        stopping.IsCompleted.Should().BeFalse();
        mayEnd.SetResult();
        await Eventually.EndsAsync(stopping);

        inbox.Notes.Should().Equal(new Note("under way"));
        if (Fixture.Capabilities.CompetingConsumers)
        {
            await NothingIsLeftAsync();
        }
    }

    [ContractFact]
    public async Task A_subscription_that_ended_leaves_the_others_alone()
    {
        var ended = new Inbox();
        var inbox = new Inbox();
        var bus = await ConnectAsync();
        var subscription = await bus.SubscribeAsync<Note>(Topic, ended.HandleAsync, OneAtATime());
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync, OneAtATime());

        await StopAsync([subscription]);
        await bus.PublishManyAsync(Notes(20));

        await inbox.HasAsync(20);
        inbox.Numbers.Should().Equal(Enumerable.Range(0, 20));
        ended.Count.Should().Be(0);
    }

    [ContractFact]
    public async Task A_publisher_closed_while_publishing_loses_nothing_that_was_accepted()
    {
        var inbox = new Inbox();
        await (await ConnectAsync()).SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        var publisher = await ConnectAsync();
        var accepted = new ConcurrentQueue<int>();
        var next = -1;
        async Task PublishAsync()
        {
            try
            {
                while (true)
                {
                    var number = Interlocked.Increment(ref next);
                    await publisher.PublishAsync(new Note("published", number));
                    accepted.Enqueue(number);
                }
            }
            catch (Exception error) when (error is PublishException or ObjectDisposedException)
            {
                // The bus is closed.
            }
        }

        var publishing = Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(PublishAsync)));
        await Eventually.TrueAsync(() => accepted.Count > 500);
        await Eventually.EndsAsync(publisher.DisposeAsync().AsTask());
        await Eventually.EndsAsync(publishing);

        await Eventually.TrueAsync(() => accepted.Except(inbox.Numbers).Any() == false, what: "everything accepted arrives");
        inbox.Numbers.Should().OnlyHaveUniqueItems();
    }

    [ContractFact]
    public async Task A_host_runs_handlers_each_message_in_a_scope_of_its_own()
    {
        var handled = new HandledNotes();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "contract" });
        builder.Services.AddSingleton<ILoggerFactory>(Log);
        builder.Services.AddSingleton(handled);
        builder.Services.AddScoped<ScopeId>();
        builder.Services.AddRedisMessaging(ConnectionString, messaging => Configure(messaging, more =>
        {
            more.AddHandler<Note, ScopedHandler>(options => options.Group = "hosted");
            more.AddConsumeFilter<ScopedFilter>();
        }));
        using var host = builder.Build();
        await Eventually.EndsAsync(host.StartAsync());

        // Live when StartAsync is done.
        await host.Services.GetRequiredService<IMessageBus>().PublishManyAsync(Notes(5));

        await Eventually.TrueAsync(() => handled.All.Count == 5);
        await Eventually.EndsAsync(host.StopAsync());
        handled.All.Select(note => note.Number).Should().Equal(Enumerable.Range(0, 5));
        handled.All.Select(note => note.Scope).Should().OnlyHaveUniqueItems();
        handled.All.Should().OnlyContain(note => note.Scope == note.FilterScope);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task A_server_killed_and_restarted_delivers_everything_it_accepted()
    {
        await using var server = await RedisServer.StartPrivateAsync(appendOnly: true);
        Server = server;
        var inbox = new Inbox();
        var consumer = await ConnectAsync(lease: TimeSpan.FromSeconds(2));
        await consumer.SubscribeAsync<Note>(Topic, inbox.HandleAsync, new SubscribeOptions { Concurrency = 4 });
        var publisher = await ConnectAsync(lease: TimeSpan.FromSeconds(2));
        var accepted = await PublishThroughRestartAsync(server, 200, async number => await publisher.PublishAsync(new Note("published", number)), publishers: 4);

        await Eventually.TrueAsync(() => accepted.Except(inbox.Numbers).Any() == false, within: TimeSpan.FromSeconds(60), what: "everything accepted arrives");
        foreach (var bus in new[] { consumer, publisher })
        {
            await Eventually.EndsAsync(bus.DisposeAsync().AsTask());
        }
    }

    [ContractFact(Without = nameof(TransportCapabilities.Durable))]
    public async Task A_subscription_comes_back_when_the_server_does()
    {
        await using var server = await RedisServer.StartPrivateAsync();
        Server = server;
        var inbox = new Inbox();
        var bus = await ConnectAsync();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        await bus.PublishAsync(new Note("before"));
        await inbox.HasAsync(1);

        await server.RestartAsync();

        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    await bus.PublishAsync(new Note("after"));
                }
                catch (PublishException)
                {
                    // Not back yet.
                }

                return inbox.Notes.Contains(new Note("after"));
            },
            within: TimeSpan.FromSeconds(60));
        await Eventually.EndsAsync(bus.DisposeAsync().AsTask());
    }
}
