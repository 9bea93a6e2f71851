namespace RedisMessaging.ContractTests;

/// <summary>Pausing, where it touches one transport alone or what its user may do.</summary>
public sealed class PauseTests(ITestOutputHelper output) : ContractTest(new StreamFixture(), "resp3", output)
{
    private const int PausingDenied = 5014;

    [Fact]
    public async Task A_paused_process_keeps_its_broadcast_group()
    {
        var bus = await ConnectAsync(lease: TimeSpan.FromSeconds(1));
        var inbox = new Inbox();
        var subscription = await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync, new SubscribeOptions { Broadcast = true });
        await subscription.PauseAsync();

        async Task<TimeSpan> IdleAsync()
        {
            var group = (await bus.Topic(Topic).AsStream().Groups.ListAsync()).Single();
            return (await bus.Topic(Topic).AsStream().Groups.ListConsumersAsync(group.Name)).Single().Idle;
        }

        // Each time it is less than the time before, it has shown life in between.
        for (var i = 0; i < 3; i++)
        {
            var before = await IdleAsync();
            await Eventually.TrueAsync(async () =>
            {
                var now = await IdleAsync();
                (before, var fell) = (now, now < before);
                return fell;
            });
        }

        await bus.PublishAsync(new Note("for all"));
        await subscription.ResumeAsync();
        await inbox.HasAsync(1);
    }

    [Fact]
    public async Task A_consumer_that_was_cleared_away_while_it_was_paused_goes_on()
    {
        var bus = await ConnectAsync();
        var inbox = new Inbox();
        var subscription = await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync, new SubscribeOptions { Group = "group" });
        await subscription.PauseAsync();
        var consumer = (await bus.Topic(Topic).AsStream().Groups.ListConsumersAsync("group")).Single().Name;
        var database = await DatabaseAsync();
        await database.StreamDeleteConsumerAsync(Key("stream"), "group", consumer);
        await database.StreamDeleteConsumerAsync(Key("retry:group"), "group", consumer);

        await bus.PublishManyAsync(Notes(10));
        await subscription.ResumeAsync();

        await inbox.HasAsync(10);
    }

    [Fact]
    public async Task Where_the_bell_is_not_heard_a_pause_is_looked_for()
    {
        await using var server = await RedisServer.StartPrivateAsync();
        Server = server;
        await TellAsync("ACL", "SETUSER", "worker", "on", ">secret", "~*", "&*", "+@all", "-xread");
        var bus = await ConnectAsync(connection: ConnectionString + ",user=worker,password=secret");
        var inbox = new Inbox();
        var subscription = await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);

        await bus.Topic(Topic).PauseAsync();

        await Eventually.TrueAsync(() => subscription.IsPaused, TimeSpan.FromSeconds(3));
        await bus.Topic(Topic).ResumeAsync();
        await Eventually.TrueAsync(() => !subscription.IsPaused, TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task A_user_who_may_not_look_is_never_paused_and_told_once()
    {
        await using var server = await RedisServer.StartPrivateAsync();
        Server = server;
        await TellAsync("ACL", "SETUSER", "worker", "on", ">secret", "~*", "&*", "+@all", "-hgetall");
        // Queues and streams can't be consumed without it.
        var bus = await ConnectAsync(messaging => messaging.AddPubSub<Alarm>("alarms"), connection: ConnectionString + ",user=worker,password=secret");
        var heard = 0;
        await bus.Topic("alarms").PauseAsync();

        var subscription = await bus.SubscribeAsync<Alarm>("alarms", (_, _, _) =>
        {
            Interlocked.Increment(ref heard);
            return ValueTask.CompletedTask;
        });

        await bus.PublishAsync(new Alarm("handled"));
        await Eventually.TrueAsync(() => Volatile.Read(ref heard) == 1);
        subscription.IsPaused.Should().BeFalse();
        Log.Lines.Should().ContainSingle(line => line.Id == PausingDenied);
        await FluentActions.Awaiting(async () => await bus.Topic("alarms").GetPausedAsync()).Should().ThrowAsync<RedisMessagingConnectionException>().WithMessage("*'alarms'*hgetall*ACL SETUSER*+hgetall");
    }

    [Fact]
    public async Task A_group_that_is_called_like_everybody_is_a_group()
    {
        var bus = await ConnectAsync();
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync, new SubscribeOptions { Group = "workers" });

        await bus.Topic(Topic).PauseAsync("*");

        await bus.PublishAsync(new Note("handled"));
        await inbox.HasAsync(1);
        (await bus.Topic(Topic).GetPausedAsync()).Should().ContainSingle().Which.Group.Should().Be("*");
        await FluentActions.Awaiting(async () => await bus.Topic(Topic).PauseAsync(" ")).Should().ThrowAsync<ArgumentException>();
    }
}
