using RedisMessaging.ContractTests;
using RedisMessaging.Transports;

namespace RedisMessaging.FaultTests;

/// <summary>Consumers die, freeze, are slow, come and go.</summary>
public sealed class ConsumerRows(ITestOutputHelper output) : FaultTest(output)
{
    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Row_11_killed_in_the_middle(TransportKind kind)
    {
        var options = new FaultOptions { Consumers = 1, Killed = 2, Lease = TimeSpan.FromSeconds(2) };
        var run = await StartAsync(11, kind, options);
        for (var i = 0; i < options.Killed; i++)
        {
            await using var child = await ConsumerProcess.StartAsync(run, Server.ConnectionString, options.Lease);
            await run.LoadAsync(1_500);
            await Eventually.TrueAsync(() => child.Handled > 20, what: "the child handles messages");
            child.Kill();
        }

        run.Able();
        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldLoseNothing(report);
        report.Doubled.GroupBy(handling => handling.Key).Should().OnlyContain(handlings => handlings.Count() <= options.Killed, "a message is handled once more for each consumer it was taken from");
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Row_12_frozen_for_longer_than_its_lease(TransportKind kind)
    {
        var run = await StartAsync(12, kind, new FaultOptions { Lease = TimeSpan.FromSeconds(2) });
        await using var transport = run.OpenTransport();
        await using var frozen = await transport.OpenAsync();
        var loading = run.LoadAsync();
        var taken = await frozen.ReceiveAsync(50);
        await loading;

        await run.RestAsync();
        run.Able();
        (await frozen.SettleAsync(Verdict.Extend, taken)).Should().Be(0, "others have handled it by now");
        (await frozen.SettleAsync(Verdict.Ack, taken)).Should().Be(0);
        (await frozen.SettleAsync(Verdict.Retry, taken)).Should().Be(0);
        await frozen.DisposeAsync();
        await run.LoadAsync();

        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldLoseNothing(report);
        ShouldDoubleNothing(report);
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Row_13_slower_than_its_lease(TransportKind kind)
    {
        var run = await StartAsync(13, kind, new FaultOptions
        {
            Lease = TimeSpan.FromSeconds(2),
            Concurrency = 32,
            Work = message => TimeSpan.FromSeconds(message.Number % 200 == 100 ? 5 : 0),
        });
        await run.LoadAsync();
        run.Able();

        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldLoseNothing(report);
        ShouldDoubleNothing(report);
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Row_28_consumers_come_and_go_under_load(TransportKind kind)
    {
        var run = await StartAsync(28, kind);
        await run.LoadAsync();

        for (var i = 0; i < 3; i++)
        {
            await run.AddConsumerAsync();
            await run.StopConsumerAsync(run.Consumers[0]);
            await run.LoadAsync(500);
        }

        run.Able();
        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldLoseNothing(report);
        ShouldDoubleNothing(report);
        ShouldRecoverWithin(report, 1);
    }
}
