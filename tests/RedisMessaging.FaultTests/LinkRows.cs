namespace RedisMessaging.FaultTests;

/// <summary>The way to the server breaks.</summary>
public sealed class LinkRows(ITestOutputHelper output) : FaultTest(output)
{
    /// <summary>How a frame of this library begins: a reply with it hands out messages.</summary>
    private static ReadOnlySpan<byte> Frame => "{\"rm\":1"u8;

    [Theory]
    [MemberData(nameof(All))]
    public async Task Row_6_connections_are_killed_and_reset(TransportKind kind)
    {
        var run = await StartAsync(6, kind, new FaultOptions { ProxyConsumers = true, ProxyPublishers = true });
        await run.LoadAsync();

        for (var i = 0; i < 2; i++)
        {
            run.ConsumerLink.Reset();
            run.PublisherLink.Reset();
            run.Able();
            await run.RecoverAsync();
            await run.LoadAsync(200);
            await TellAsync("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
            await TellAsync("CLIENT", "KILL", "TYPE", "pubsub");
            run.Able();
            await run.RecoverAsync();
            await run.LoadAsync(200);
        }

        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldKeepItsPromise(report);
        ShouldRecoverWithin(report, 2);
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Row_7_replies_with_messages_are_cut(TransportKind kind)
    {
        var run = await StartAsync(7, kind, new FaultOptions { ProxyConsumers = true });
        await run.LoadAsync();

        for (var i = 0; i < 2; i++)
        {
            var cut = run.ConsumerLink.CutReplies(3, Frame);
            await Eventually.TrueAsync(() => cut.IsOver, what: $"3 replies are cut, {cut.Left} more");
            run.Able();
            await run.RecoverAsync();
            await run.LoadAsync(500);
        }

        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldLoseNothing(report);
        ShouldDoubleNothing(report);
        ShouldRecoverWithin(report, 2);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Row_8_replies_to_publishers_are_cut(TransportKind kind)
    {
        var run = await StartAsync(8, kind, new FaultOptions { ProxyPublishers = true });
        await run.LoadAsync();

        for (var i = 0; i < 3; i++)
        {
            var cut = run.PublisherLink.CutReplies(1);
            await Eventually.TrueAsync(() => cut.IsOver, what: "a reply is cut");
            await run.LoadAsync(200);
        }

        run.Able();
        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldLoseNothing(report);
        ShouldDoubleNothing(report);
        (report.Unknown > 0).Should().Be(kind != TransportKind.Stream || !RepeatingServer.IsOnPath, "only a server that knows repeats can say what became of them");
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Row_9_links_are_half_open(TransportKind kind)
    {
        // What StackExchange.Redis has to detect takes it several timeouts: with the default of five seconds the row would take half a minute.
        var run = await StartAsync(9, kind, new FaultOptions { ProxyConsumers = true, ProxyPublishers = true, Connection = ",asyncTimeout=1000,syncTimeout=1000" });
        await run.LoadAsync();

        run.ConsumerLink.BlackHole(LinkDirection.ToServer, LinkDirection.ToClient);
        run.PublisherLink.BlackHole(LinkDirection.ToClient);
        run.Able();

        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldKeepItsPromise(report);
        ShouldRecoverWithin(report, kind == TransportKind.PubSub ? 30 : 10);
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Row_10_the_server_is_parked_for_clients_that_are_gone(TransportKind kind)
    {
        var run = await StartAsync(10, kind, new FaultOptions { ProxyConsumers = true, Lease = TimeSpan.FromSeconds(6), Killed = 2 });
        await run.LoadAsync();
        await run.RestAsync();
        await BlockedAsync(2);
        run.ConsumerLink.AbandonServer();
        await run.LoadAsync(1_000);
        run.Able();
        await run.RecoverAsync();

        // And once more with consumers that stop before the server notices: what it hands out then reaches nobody who could look after it.
        await run.RestAsync();
        await BlockedAsync(2);
        run.ConsumerLink.AbandonServer();
        await Task.Delay(TimeSpan.FromMilliseconds(300));
        foreach (var consumer in run.Consumers.ToArray())
        {
            await run.StopConsumerAsync(consumer);
        }

        await run.AddConsumerAsync();
        await run.LoadAsync(1_000);

        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldLoseNothing(report);
        ShouldRecoverWithin(report, 2);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Row_27_a_stalled_consumer(TransportKind kind)
    {
        var run = await StartAsync(
            27,
            kind,
            new FaultOptions { ProxyConsumers = true, Filler = 4_096 },
            appendOnly: false,
            "--client-output-buffer-limit",
            "pubsub 256kb 128kb 1");
        await run.LoadAsync(1_000);

        run.ConsumerLink.Stall(LinkDirection.ToClient);
        await run.LoadAsync(2_500);
        run.ConsumerLink.Resume(LinkDirection.ToClient);
        run.Able();

        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldKeepItsPromise(report);
        ShouldRecoverWithin(report, 5);
    }

    private Task BlockedAsync(int consumers) => Eventually.TrueAsync(async () => await BlockedConsumersAsync() == consumers, what: $"{consumers} consumers are blocked");
}
