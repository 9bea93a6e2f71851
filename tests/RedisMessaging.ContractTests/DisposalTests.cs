using System.Diagnostics;

namespace RedisMessaging.ContractTests;

/// <summary>Buses that are disposed, or stopped and started again, while Redis is away; and what calls say afterwards.</summary>
public sealed class DisposalTests(ITestOutputHelper output) : StartUpTest(output)
{
    /// <summary>Far below the timeouts that the calls would wait for.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    public static TheoryData<TransportKind> Kinds => [TransportKind.PubSub, TransportKind.Queue, TransportKind.Stream];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Calls_that_wait_for_a_Redis_that_never_came_end_with_the_bus(TransportKind kind)
    {
        var bus = NewBus("127.0.0.1:1,connectTimeout=200,connectRetry=1", kind);
        await EndsAllAsync(bus, kind);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Calls_that_wait_for_a_Redis_that_went_away_end_with_the_bus(TransportKind kind)
    {
        var server = await StartServerAsync();
        var bus = await StartAsync(server.ConnectionString, kind, messaging => messaging.PublishTimeout = TimeSpan.FromMinutes(1));
        await bus.PublishAsync(new Note("before"));
        await server.KillAsync();
        // What is published before the loss is noticed may have been sent.
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    await bus.PublishAsync(new Note("after"), new CancellationTokenSource(TimeSpan.FromMilliseconds(200)).Token);
                    return false;
                }
                catch (Exception error)
                {
                    return error is PublishRefusedException or OperationCanceledException;
                }
            });
        await EndsAllAsync(bus, kind);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Callers_that_wait_for_a_connection_end_by_their_own_token(TransportKind kind)
    {
        var bus = NewBus("127.0.0.1:1,connectTimeout=200,connectRetry=1", kind);
        Own(bus);
        using var cancellation = new CancellationTokenSource();
        var waiting = Calls(bus, kind, cancellation.Token).ToList();
        await Task.Delay(300);
        await cancellation.CancelAsync();
        foreach (var call in waiting)
        {
            // Of several messages each has its own outcome.
            var error = (await FluentActions.Awaiting(() => Eventually.EndsAsync(call, Soon)).Should().ThrowAsync<Exception>()).Which;
            (error is OperationCanceledException or PublishManyException { InnerException: PublishRefusedException }).Should().BeTrue("{0}", error);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Every_call_after_the_end_says_that_the_bus_is_disposed(TransportKind kind)
    {
        var server = await StartServerAsync();
        var bus = await StartAsync(server.ConnectionString, kind);
        var subscription = await bus.SubscribeAsync<Note>(Topic, (_, _, _) => ValueTask.CompletedTask);
        var topic = bus.Topic(Topic);
        await Eventually.EndsAsync(bus.DisposeAsync().AsTask(), Soon);

        foreach (var call in AllCalls(bus, topic, kind))
        {
            await FluentActions.Awaiting(() => Eventually.EndsAsync(call.Value(), Soon)).Should().ThrowAsync<ObjectDisposedException>(call.Key);
        }

        await FluentActions.Awaiting(() => subscription.PauseAsync().AsTask()).Should().ThrowAsync<ObjectDisposedException>();
        await FluentActions.Awaiting(() => subscription.ResumeAsync().AsTask()).Should().ThrowAsync<ObjectDisposedException>();
        await subscription.DisposeAsync();
    }

    [Fact]
    public async Task Whoever_follows_a_history_is_told_when_the_bus_is_disposed()
    {
        var server = await StartServerAsync();
        var bus = await StartAsync(server.ConnectionString, TransportKind.Stream);
        await bus.PublishAsync(new Note("first"));
        await using var tail = bus.Topic(Topic).AsStream().TailAsync<Note>(HistoryPoint.Beginning).GetAsyncEnumerator();
        (await tail.MoveNextAsync()).Should().BeTrue();
        var next = tail.MoveNextAsync().AsTask();
        await Eventually.EndsAsync(bus.DisposeAsync().AsTask(), Soon);
        await FluentActions.Awaiting(() => Eventually.EndsAsync(next, Soon)).Should().ThrowAsync<ObjectDisposedException>();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_bus_that_starts_without_Redis_may_be_stopped_and_started_again_and_consumes_when_it_comes(TransportKind kind)
    {
        var server = await StartServerAsync();
        await server.KillAsync();
        var inbox = new Inbox();
        var bus = NewBus(server.ConnectionString, kind, messaging =>
        {
            messaging.StartWithoutRedis = true;
            messaging.AddHandler<Note>(inbox.HandleAsync);
        });
        Own(bus);
        for (var i = 0; i < 3; i++)
        {
            await Eventually.EndsAsync(bus.StartAsync(CancellationToken.None));
            await Eventually.EndsAsync(bus.StopAsync(CancellationToken.None), Soon);
        }

        await Eventually.EndsAsync(bus.StartAsync(CancellationToken.None));
        await server.RestartAsync();

        await ConsumesAsync(bus, inbox);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_bus_whose_Redis_went_away_while_it_was_stopped_consumes_when_it_comes_back(TransportKind kind)
    {
        var server = await StartServerAsync();
        var inbox = new Inbox();
        var bus = await StartAsync(server.ConnectionString, kind, messaging =>
        {
            messaging.StartWithoutRedis = true;
            messaging.AddHandler<Note>(inbox.HandleAsync);
        });
        await Eventually.EndsAsync(bus.StopAsync(CancellationToken.None));
        await server.KillAsync();
        await Eventually.EndsAsync(bus.StartAsync(CancellationToken.None), TimeSpan.FromSeconds(30));
        await server.RestartAsync();

        await ConsumesAsync(bus, inbox);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Starting_twice_starts_once(TransportKind kind)
    {
        var server = await StartServerAsync();
        var inbox = new Inbox();
        var bus = await StartAsync(server.ConnectionString, kind, messaging => messaging.AddHandler<Note>(inbox.HandleAsync));
        await bus.StartAsync(CancellationToken.None);
        await bus.PublishAsync(new Note("once"));
        await inbox.HasAsync(1);
        await bus.PublishAsync(new Note("and again"));
        await inbox.HasAsync(new Note("and again"));
        inbox.Count.Should().Be(2);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Disposing_with_Redis_away_ends_within_the_shutdown_timeout(TransportKind kind)
    {
        var server = await StartServerAsync();
        var bus = await StartAsync(server.ConnectionString, kind, messaging => messaging.ShutdownTimeout = TimeSpan.FromSeconds(4));
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await bus.SubscribeAsync<Note>(Topic, async (_, _, token) =>
        {
            started.TrySetResult();
            await Task.Delay(Timeout.Infinite, token);
        });
        await bus.PublishManyAsync(Enumerable.Range(0, 50).Select(number => new Note("held", number)));
        if (kind == TransportKind.PubSub)
        {
            bus.TryPublish(new Note("buffered"));
        }

        await Eventually.EndsAsync(started.Task);
        await server.KillAsync();
        var watch = Stopwatch.StartNew();
        await Eventually.EndsAsync(bus.DisposeAsync().AsTask());
        watch.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(7), "4 s, one to give back, and what a busy machine takes");
    }

    private RedisMessageBus NewBus(string connection, TransportKind kind, Action<RedisMessagingBuilder>? configure = null)
    {
        var messaging = new RedisMessagingBuilder();
        Configure(messaging, kind, configure);
        return new RedisMessageBus(new RedisMessaging.Bus.BusSetup
        {
            Builder = messaging,
            Options = messaging.Options,
            Source = RedisMessaging.Redis.Connections.ConnectionSource.From(connection),
            Application = "contract",
            Loggers = Log,
        });
    }

    private async Task EndsAllAsync(RedisMessageBus bus, TransportKind kind)
    {
        Own(bus);
        var waiting = Calls(bus, kind, CancellationToken.None).ToList();
        await Task.Delay(300);
        waiting.Should().NotContain(call => call.IsCompletedSuccessfully);
        await Eventually.EndsAsync(bus.DisposeAsync().AsTask(), TimeSpan.FromSeconds(15));
        foreach (var call in waiting)
        {
            await FluentActions.Awaiting(() => Eventually.EndsAsync(call, Soon)).Should().ThrowAsync<ObjectDisposedException>();
        }
    }

    private static IEnumerable<Task> Calls(RedisMessageBus bus, TransportKind kind, CancellationToken cancellationToken)
    {
        for (var i = 0; i < 5; i++)
        {
            yield return bus.PublishAsync(new Note("waits", i), cancellationToken).AsTask();
        }

        yield return bus.PublishAsync(new Note("waits", 5), new PublishOptions { MessageId = kind == TransportKind.PubSub ? null : "mine" }, cancellationToken).AsTask();
        yield return bus.PublishManyAsync([new Note("waits", 6), new Note("waits", 7)], cancellationToken).AsTask();
        yield return bus.SubscribeAsync<Note>(Topic, (_, _, _) => ValueTask.CompletedTask, null, cancellationToken).AsTask();
        yield return bus.RequestAsync<Note, Sum>(new Note("waits", 8), new RequestOptions { Timeout = TimeSpan.FromMinutes(1) }, cancellationToken).AsTask();
        yield return bus.ReadAsync<Note>(Topic, null, cancellationToken).GetAsyncEnumerator(cancellationToken).MoveNextAsync().AsTask();
    }

    private static Dictionary<string, Func<Task>> AllCalls(RedisMessageBus bus, ITopic topic, TransportKind kind)
    {
        var calls = new Dictionary<string, Func<Task>>
        {
            ["PublishAsync"] = () => bus.PublishAsync(new Note("late")).AsTask(),
            ["PublishAsync with options"] = () => bus.PublishAsync(new Note("late"), new PublishOptions()).AsTask(),
            ["PublishToAsync"] = () => bus.PublishToAsync(Topic, new Note("late")).AsTask(),
            ["PublishManyAsync"] = () => bus.PublishManyAsync([new Note("late")]).AsTask(),
            ["PublishManyAsync with a topic"] = () => bus.PublishManyAsync(Topic, [new Note("late")]).AsTask(),
            ["SubscribeAsync"] = () => bus.SubscribeAsync<Note>(Topic, (_, _, _) => ValueTask.CompletedTask).AsTask(),
            ["SubscribeBatchAsync"] = () => bus.SubscribeBatchAsync<Note>(Topic, (_, _) => ValueTask.CompletedTask).AsTask(),
            ["ReadAsync"] = () => Task.Run(async () => await bus.ReadAsync<Note>(Topic).GetAsyncEnumerator().MoveNextAsync()),
            ["RequestAsync"] = () => bus.RequestAsync<Note, Sum>(new Note("late")).AsTask(),
            ["Topic"] = () => Task.Run(() => bus.Topic(Topic)),
            ["StartAsync"] = () => bus.StartAsync(CancellationToken.None),
            ["PauseAsync"] = () => topic.PauseAsync().AsTask(),
            ["ResumeAsync"] = () => topic.ResumeAsync().AsTask(),
            ["GetPausedAsync"] = () => topic.GetPausedAsync().AsTask(),
        };
        if (kind == TransportKind.PubSub)
        {
            calls["TryPublish"] = () => Task.Run(() => bus.TryPublish(new Note("late")));
            calls["TryPublishTo"] = () => Task.Run(() => bus.TryPublishTo(Topic, new Note("late")));
            calls["CountSubscribersAsync"] = () => topic.AsPubSub().CountSubscribersAsync().AsTask();
        }
        else
        {
            calls["DeadLetters.CountAsync"] = () => topic.DeadLetters.CountAsync().AsTask();
            calls["DeadLetters.PeekAsync"] = () => topic.DeadLetters.PeekAsync().AsTask();
            calls["DeadLetters.RedriveAsync"] = () => topic.DeadLetters.RedriveAsync("1-1").AsTask();
            calls["DeadLetters.RedriveAllAsync"] = () => topic.DeadLetters.RedriveAllAsync().AsTask();
            calls["DeadLetters.DeleteAsync"] = () => topic.DeadLetters.DeleteAsync("1-1").AsTask();
            calls["DeadLetters.PurgeAsync"] = () => topic.DeadLetters.PurgeAsync().AsTask();
            calls["Scheduled.CountAsync"] = () => topic.Scheduled.CountAsync().AsTask();
            calls["Scheduled.PeekAsync"] = () => topic.Scheduled.PeekAsync().AsTask();
            calls["Scheduled.CancelAsync"] = () => topic.Scheduled.CancelAsync("id").AsTask();
        }

        if (kind == TransportKind.Stream)
        {
            calls["ReadHistoryAsync"] = () => topic.AsStream().ReadHistoryAsync<Note>().GetAsyncEnumerator().MoveNextAsync().AsTask();
            calls["TailAsync"] = () => topic.AsStream().TailAsync<Note>(HistoryPoint.Beginning).GetAsyncEnumerator().MoveNextAsync().AsTask();
            calls["SummarizeHistoryAsync"] = () => topic.AsStream().SummarizeHistoryAsync().AsTask();
            calls["TrimAsync"] = () => topic.AsStream().TrimAsync().AsTask();
            calls["DeleteAsync"] = () => topic.AsStream().DeleteAsync("1-1").AsTask();
            calls["Groups.ListAsync"] = () => topic.AsStream().Groups.ListAsync().AsTask();
            calls["Groups.ListConsumersAsync"] = () => topic.AsStream().Groups.ListConsumersAsync("group").AsTask();
            calls["Groups.PeekPendingAsync"] = () => topic.AsStream().Groups.PeekPendingAsync("group").AsTask();
            calls["Groups.CreateAsync"] = () => topic.AsStream().Groups.CreateAsync("group", HistoryPoint.Beginning).AsTask();
            calls["Groups.SeekAsync"] = () => topic.AsStream().Groups.SeekAsync("group", HistoryPoint.Beginning).AsTask();
            calls["Groups.DeleteAsync"] = () => topic.AsStream().Groups.DeleteAsync("group").AsTask();
            calls["Groups.ReclaimAsync"] = () => topic.AsStream().Groups.ReclaimAsync("group", ["1-1"]).AsTask();
        }

        return calls;
    }

    private static async Task ConsumesAsync(RedisMessageBus bus, Inbox inbox)
    {
        var number = 0;
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    await bus.PublishAsync(new Note("after", ++number));
                }
                catch (RedisMessagingException)
                {
                    // Not back yet.
                }

                return inbox.Count > 0;
            },
            TimeSpan.FromSeconds(60));
    }
}
