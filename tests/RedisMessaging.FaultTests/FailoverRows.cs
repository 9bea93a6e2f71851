namespace RedisMessaging.FaultTests;

/// <summary>The primary dies, and a Sentinel puts its replica in its place.</summary>
[Trait("Category", ChaosRows.Name)]
[Collection(ChaosRows.Name)]
public sealed class FailoverRows(ITestOutputHelper output) : FaultTest(output)
{
    [Theory]
    [MemberData(nameof(All))]
    public async Task Row_21_failover_to_a_replica_in_sync(TransportKind kind)
    {
        var deployment = await SentinelDeployment.StartAsync();
        var run = await StartAsync(21, kind, deployment, new FaultOptions());
        await run.LoadAsync();

        await Replication.KillInSyncAsync(deployment.Primary, deployment.Replica);
        await Replication.PromotedAsync(deployment.Replica);
        run.Able();
        await run.RecoverAsync();
        await run.LoadAsync();

        // What it had when it died, it gives up: the Sentinel makes it a replica of its own replica.
        await deployment.Primary.RestartAsync();
        await Replication.DemotedAsync(deployment.Primary);
        run.Able();

        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldKeepItsPromise(report);
        ShouldRecoverWithin(report, 5);
    }

    /// <remarks>
    /// Replication is asynchronous: what the primary acknowledged and the replica does not have, the failover loses. Nobody can help that but a publisher that
    /// waits for replicas (WAIT); the row says how much it was, and that consumers go on.
    /// </remarks>
    [Theory]
    [MemberData(nameof(All))]
    public async Task Row_22_failover_to_a_replica_that_is_behind(TransportKind kind)
    {
        var deployment = await SentinelDeployment.StartAsync();
        await using var replication = FaultProxy.Start(deployment.Primary.ConnectionString);
        // Slow, so that there is something to lose: messages nobody has handled yet.
        var run = await StartAsync(22, kind, deployment, new FaultOptions { Work = static _ => TimeSpan.FromMilliseconds(10), Note = "without WAIT" });
        await run.LoadAsync();

        await FollowThroughAsync(deployment, replication);
        var cut = run.Log.Now;
        replication.BlackHole(LinkDirection.ToClient);
        await run.LoadAsync(500);
        await deployment.Primary.KillAsync();
        await Replication.PromotedAsync(deployment.Replica);
        var promoted = run.Log.Now;
        run.Able();

        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldRecoverWithin(report, 5);
        if (kind == TransportKind.PubSub)
        {
            ShouldKeepItsPromise(report);
        }
        else
        {
            report.Lost.Should().OnlyContain(lost => lost.At >= cut && lost.SentAt <= promoted, "the replica has all that is older, and is asked for all that is newer");
        }
    }

    /// <remarks>What a publisher was told is stored is on the replica as well; of the rest it was told that nobody knows.</remarks>
    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Row_22_failover_to_a_replica_that_publishers_waited_for(TransportKind kind)
    {
        var deployment = await SentinelDeployment.StartAsync();
        await using var replication = FaultProxy.Start(deployment.Primary.ConnectionString);
        var run = await StartAsync(22, kind, deployment, new FaultOptions { Work = static _ => TimeSpan.FromMilliseconds(10), WaitForReplicas = 1, Note = "with WAIT" });
        await run.LoadAsync();

        await FollowThroughAsync(deployment, replication);
        replication.BlackHole(LinkDirection.ToClient);
        await Eventually.TrueAsync(() => run.Log.Published.Any(published => published.Outcome == Outcome.Unknown), what: "the replica is waited for in vain");
        await deployment.Primary.KillAsync();
        await Replication.PromotedAsync(deployment.Replica);
        // There is no replica to wait for until the old primary is one.
        await deployment.Primary.RestartAsync();
        await Replication.DemotedAsync(deployment.Primary);
        run.Able();

        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldLoseNothing(report);
        ShouldRecoverWithin(report, 5);
    }

    /// <summary>Lets the replica follow through a link that can be cut. Just before the cut: a Sentinel puts a replica right that follows another address than the primary's, after some eight seconds.</summary>
    private static async Task FollowThroughAsync(SentinelDeployment deployment, FaultProxy replication)
    {
        await RedisReply.ToAsync(deployment.Replica.ConnectionString, ["REPLICAOF", .. replication.ConnectionString.Split(':')]);
        await Replication.InSyncAsync(deployment.Replica);
    }
}
