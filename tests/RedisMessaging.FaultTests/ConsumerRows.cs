namespace RedisMessaging.FaultTests;

/// <summary>Consumers die, freeze, are slow, come and go.</summary>
public sealed class ConsumerRows(ITestOutputHelper output) : FaultTest(output)
{
    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Row_28_consumers_come_and_go_under_load(TransportKind kind)
    {
        var run = await StartAsync(28, kind);
        await run.LoadAsync();

        for (var i = 0; i < 4; i++)
        {
            await run.AddConsumerAsync();
            await run.StopConsumerAsync(run.Consumers[0]);
        }

        run.Able();
        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldLoseNothing(report);
        ShouldDoubleNothing(report);
        ShouldRecoverWithin(report, 1);
    }
}
