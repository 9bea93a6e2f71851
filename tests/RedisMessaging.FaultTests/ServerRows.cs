namespace RedisMessaging.FaultTests;

/// <summary>The server dies, freezes or refuses.</summary>
public sealed class ServerRows(ITestOutputHelper output) : FaultTest(output)
{
    [Theory]
    [MemberData(nameof(All))]
    public async Task Row_1_killed_with_an_append_only_file(TransportKind kind)
    {
        var run = await StartAsync(1, kind, appendOnly: true);
        await run.LoadAsync();

        await Server.KillAsync();
        await Task.Delay(TimeSpan.FromSeconds(1));
        await Server.RestartAsync();
        run.Able();

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
}
