namespace RedisMessaging.FaultTests;

/// <summary>A cluster re-arranges itself.</summary>
[Trait("Category", ChaosRows.Name)]
[Collection(ChaosRows.Name)]
public sealed class ClusterRows(ITestOutputHelper output) : FaultTest(output)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(400);

    [Theory]
    [MemberData(nameof(All))]
    public async Task Row_29_a_slot_moves(TransportKind kind)
    {
        var cluster = await RedisCluster.StartAsync(replicas: false);
        var run = await StartAsync(29, kind, cluster, new FaultOptions { Note = "slot migration" });
        var slot = await cluster.SlotOfAsync(run.Tagged);
        await run.LoadAsync();

        // There and back: the second time clients know both nodes.
        var first = await cluster.OwnerOfAsync(slot);
        foreach (var to in new[] { await cluster.OtherThanAsync(first), first })
        {
            await cluster.MoveSlotAsync(slot, to, Pause);
            run.Able();
            await run.RecoverAsync();
            await run.LoadAsync(500);
        }

        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldKeepItsPromiseOnTheMove(report);
        ShouldRecoverWithin(report, 2);
    }

    [AtomicMigrationTheory]
    [MemberData(nameof(All))]
    public async Task Row_29_a_slot_moves_at_once(TransportKind kind)
    {
        var cluster = await RedisCluster.StartAsync(replicas: false);
        var run = await StartAsync(29, kind, cluster, new FaultOptions { Note = "atomic slot migration" });
        var slot = await cluster.SlotOfAsync(run.Tagged);
        await run.LoadAsync();

        var first = await cluster.OwnerOfAsync(slot);
        foreach (var to in new[] { await cluster.OtherThanAsync(first), first })
        {
            await cluster.MoveSlotAtOnceAsync(slot, to);
            run.Able();
            await run.RecoverAsync();
            await run.LoadAsync(500);
        }

        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldKeepItsPromiseOnTheMove(report);
        ShouldRecoverWithin(report, 2);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Row_29_a_node_is_lost(TransportKind kind)
    {
        var cluster = await RedisCluster.StartAsync(replicas: true);
        var run = await StartAsync(29, kind, cluster, new FaultOptions { Note = "node loss" });
        var slot = await cluster.SlotOfAsync(run.Tagged);
        await run.LoadAsync();

        var lost = await cluster.OwnerOfAsync(slot);
        await Replication.KillInSyncAsync(lost, cluster.ReplicaOf(lost));
        await cluster.FailedOverAsync(slot, lost);
        run.Able();
        await run.RecoverAsync();
        await run.LoadAsync();

        // It comes back as a replica of its own replica.
        await lost.RestartAsync();
        await Replication.DemotedAsync(lost);
        run.Able();

        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldKeepItsPromiseOnTheMove(report);
        ShouldRecoverWithin(report, 5);
    }

    /// <summary>What goes out over another node than before may overtake what went out over that one: of Pub/Sub's promises the order does not hold then.</summary>
    private static void ShouldKeepItsPromiseOnTheMove(FaultReport report)
    {
        if (report.Kind == TransportKind.PubSub)
        {
            ShouldDoubleNothing(report);
        }
        else
        {
            ShouldLoseNothing(report);
        }
    }
}
