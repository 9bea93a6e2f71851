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

        for (var i = 0; i < 3; i++)
        {
            run.ConsumerLink.Reset();
            run.PublisherLink.Reset();
            run.Able();
            await run.RecoverAsync();
            await TellAsync("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
            await TellAsync("CLIENT", "KILL", "TYPE", "pubsub");
            run.Able();
            await run.RecoverAsync();
        }

        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldRecoverWithin(report, 2);
        if (kind == TransportKind.PubSub)
        {
            ShouldDoubleNothing(report);
            report.Inversions.Should().Be(0);
        }
        else
        {
            ShouldLoseNothing(report);
        }
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Row_7_replies_with_messages_are_cut(TransportKind kind)
    {
        var run = await StartAsync(7, kind, new FaultOptions { ProxyConsumers = true });
        await run.LoadAsync();

        var cut = run.ConsumerLink.CutReplies(20, Frame);
        await Eventually.TrueAsync(() => cut.IsOver, what: $"20 replies are cut, {cut.Left} more");
        run.Able();

        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldLoseNothing(report);
        ShouldRecoverWithin(report, 2);
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Row_9_links_are_half_open(TransportKind kind)
    {
        var run = await StartAsync(9, kind, new FaultOptions { ProxyConsumers = true, Connection = ",asyncTimeout=1000" });
        await run.LoadAsync();

        run.ConsumerLink.BlackHole(LinkDirection.ToServer, LinkDirection.ToClient);
        run.Able();

        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldLoseNothing(report);
        ShouldRecoverWithin(report, 10);
    }
}
