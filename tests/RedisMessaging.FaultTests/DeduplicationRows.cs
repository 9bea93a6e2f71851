namespace RedisMessaging.FaultTests;

/// <summary>Publishers who give their messages an id need not know what a fault did to a publish: it is tried again, and stored once.</summary>
public sealed class DeduplicationRows(ITestOutputHelper output) : FaultTest(output)
{
    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Row_8_replies_to_publishers_with_ids_are_cut(TransportKind kind)
    {
        var run = await StartAsync(8, kind, new FaultOptions { ProxyPublishers = true, GivenIds = true });
        await run.LoadAsync();

        for (var i = 0; i < 5; i++)
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
        ShouldKnowEverything(report);
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Row_1_the_server_of_publishers_with_ids_is_killed(TransportKind kind)
    {
        var run = await StartAsync(1, kind, new FaultOptions { GivenIds = true }, appendOnly: true);
        await run.LoadAsync();

        await Server.KillAsync();
        await Task.Delay(TimeSpan.FromSeconds(1));
        await Server.RestartAsync();
        run.Able();

        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldLoseNothing(report);
        ShouldKnowEverything(report);
    }

    private static void ShouldKnowEverything(FaultReport report)
    {
        report.Unknown.Should().Be(0, "what may be stored is sent again until it is known to be");
        report.Refused.Should().Be(0, "and so is what passes");
    }
}
