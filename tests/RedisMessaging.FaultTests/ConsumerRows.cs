namespace RedisMessaging.FaultTests;

/// <summary>Consumers die, freeze, are slow, come and go.</summary>
public sealed class ConsumerRows(ITestOutputHelper output) : FaultTest(output)
{
    /// <summary>The library's default.</summary>
    private const int Prefetch = 100;

    [Theory]
    [MemberData(nameof(Durable))]
    public Task Row_11_killed_in_the_middle(TransportKind kind) => KilledAsync(kind, filler: 0);

    /// <summary>A queue claims large messages as lots.</summary>
    [Fact]
    public Task Row_11_killed_with_large_messages_in_hand() => KilledAsync(TransportKind.Queue, filler: 8_192);

    private async Task KilledAsync(TransportKind kind, int filler)
    {
        var options = new FaultOptions { Consumers = 1, Killed = 2, Lease = TimeSpan.FromSeconds(2), Filler = filler, Note = filler > 0 ? $"{filler} B" : null };
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
        report.Doubled.GroupBy(handling => handling.Key).Should().NotContain(handlings => handlings.Count() > options.Killed, "a message is handled once more for each consumer it was taken from");
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Row_12_frozen_for_longer_than_its_lease(TransportKind kind)
    {
        var options = new FaultOptions { Consumers = 1, Lease = TimeSpan.FromSeconds(2) };
        var run = await StartAsync(12, kind, options);
        // Slow enough to have its hands full when it freezes.
        await using var frozen = await ConsumerProcess.StartAsync(run, new ConsumerProcessOptions
        {
            Connection = Server.ConnectionString,
            Prefix = run.Prefix,
            Kind = kind,
            Lease = options.Lease,
            Work = TimeSpan.FromMilliseconds(100),
        });
        await run.LoadAsync();
        await Eventually.TrueAsync(() => frozen.Handled > 20, what: "the child handles messages");
        frozen.Freeze();
        var before = frozen.Handled;
        await run.RestAsync();
        (await run.ReadRedisAsync()).IsDrained.Should().BeTrue("the other one took over what the frozen one holds, and has handled it by now");

        await run.LoadAsync();
        frozen.Thaw();
        run.Able();
        await Eventually.TrueAsync(() => frozen.LeasesLost > 0, what: "the child is told that what it holds is not its own any more");
        await Eventually.TrueAsync(() => frozen.Handled > before + Prefetch, what: "the child goes on with other messages");

        var report = await run.FinishAsync(frozen);
        ShouldBeSound(report);
        ShouldLoseNothing(report);
        report.Doubled.Should().HaveCountLessThanOrEqualTo(Prefetch / 2, "it soon learns that what it holds is not its own any more, and starts nothing more of it");
        report.Doubled.Should().OnlyHaveUniqueItems(handling => handling.Key);
        ShouldRecoverWithin(report, 2);
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
