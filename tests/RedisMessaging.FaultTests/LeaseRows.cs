namespace RedisMessaging.FaultTests;

/// <summary>A process that lives keeps what it holds, whatever its handlers do; one that did not live for a while starts nothing that is somebody else's by now.</summary>
public sealed class LeaseRows(ITestOutputHelper output) : FaultTest(output)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Row_36_handlers_that_block_their_threads(TransportKind kind)
    {
        const int messages = 40;
        var run = await StartAsync(36, kind, new FaultOptions { Consumers = 0, Lease = Lease, Note = "blocked" });
        // It blocks no thread before it has all of them: what arrives later waits for one of the pool's threads, and is another consumer's
        // once its lease ends (docs/guarantees.md).
        var options = ChildOptions(run) with { Concurrency = 100, Work = 3 * Lease, BlocksFrom = messages };
        await using var blocked = await ConsumerProcess.StartAsync(run, options);
        for (var i = 0; i < messages; i++)
        {
            await run.PublishOneAsync("blocks");
        }

        await Eventually.TrueAsync(async () => (await run.ReadRedisAsync()).WaitingCount == 0, what: "the child has them in hand");
        // It would take over what it can.
        await run.AddConsumerAsync();
        await Eventually.TrueAsync(() => blocked.Handled == messages, TimeSpan.FromSeconds(90), "the child handles what it holds");
        run.Log.Handled.Should().HaveCount(messages).And.OnlyContain(handling => handling.Consumer == "child" && handling.Attempt == 1);
        blocked.LeasesLost.Should().Be(0);
        run.Able();
        await run.LoadAsync();
        var report = await run.FinishAsync(blocked);
        ShouldBeSound(report);
        ShouldLoseNothing(report);
        ShouldDoubleNothing(report);
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Row_36_frozen_it_starts_nothing_that_it_only_prefetched(TransportKind kind)
    {
        const int running = 4;
        var run = await StartAsync(36, kind, new FaultOptions { Consumers = 0, Lease = Lease, Note = "frozen" });
        await using var frozen = await ConsumerProcess.StartAsync(run, ChildOptions(run) with { Concurrency = running, Work = TimeSpan.FromMilliseconds(100) });
        await run.LoadAsync();
        await Eventually.TrueAsync(() => frozen.Handled > 20, what: "the child handles messages");
        frozen.Freeze();
        await run.AddConsumerAsync();
        await run.RestAsync();
        (await run.ReadRedisAsync()).IsDrained.Should().BeTrue("the other one took over what the frozen one holds, and has handled it by now");

        frozen.Thaw();
        await Eventually.TrueAsync(() => frozen.LeasesLost > 0, what: "the child learns that it lost its messages");
        await run.LoadAsync();
        run.Able();
        var before = frozen.Handled;
        await Eventually.TrueAsync(() => frozen.Handled > before + 20, what: "the child continues with other messages");
        var report = await run.FinishAsync(frozen);
        ShouldBeSound(report);
        ShouldLoseNothing(report);
        report.Doubled.Where(handling => handling.Consumer == "child").Should().HaveCountLessThanOrEqualTo(
            running,
            "handlers that ran when it froze end, and no other is started; what it had handled without an ack by then is the other one's to handle again");
    }

    private ConsumerProcessOptions ChildOptions(FaultRun run) => new() { Connection = Server.ConnectionString, Prefix = run.Prefix, Kind = run.Kind, Lease = Lease };
}
