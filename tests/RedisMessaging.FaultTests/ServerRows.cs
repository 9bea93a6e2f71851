using StackExchange.Redis;

namespace RedisMessaging.FaultTests;

/// <summary>The server dies, freezes or refuses.</summary>
public sealed class ServerRows(ITestOutputHelper output) : FaultTest(output)
{
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(1);

    [Theory]
    [MemberData(nameof(All))]
    public async Task Row_1_killed_with_an_append_only_file(TransportKind kind)
    {
        var run = await StartAsync(1, kind, appendOnly: true);
        await run.LoadAsync();

        await Server.KillAsync();
        await Task.Delay(Outage);
        await Server.RestartAsync();
        run.Able();

        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldKeepItsPromise(report);
        ShouldRecoverWithin(report, 2);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Row_2_killed_without_persistence(TransportKind kind)
    {
        var run = await StartAsync(2, kind);
        await run.LoadAsync();

        await Server.KillAsync();
        var killed = run.Log.Now;
        await Task.Delay(Outage);
        await Server.RestartAsync();
        run.Able();

        var report = await run.FinishAsync();
        ShouldBeSound(report);
        if (kind == TransportKind.PubSub)
        {
            ShouldKeepItsPromise(report);
        }
        else
        {
            // Everything that was in Redis is gone, and nobody can help that; what comes after is not.
            ShouldLoseNothingPublishedAfter(report, killed);
        }

        ShouldRecoverWithin(report, 2);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Row_3_shut_down(TransportKind kind)
    {
        var run = await StartAsync(3, kind, appendOnly: true);
        await run.LoadAsync();

        (await TellAsync("SHUTDOWN")).Should().BeEmpty("it hangs up");
        await Task.Delay(Outage);
        await Server.RestartAsync();
        run.Able();

        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldKeepItsPromise(report);
        ShouldRecoverWithin(report, 2);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Row_4_frozen(TransportKind kind)
    {
        var run = await StartAsync(4, kind);
        await run.LoadAsync();

        // Longer than AsyncTimeout, and than BLOCK and the watchdog's grace.
        await Server.PauseAsync();
        await Task.Delay(TimeSpan.FromSeconds(6));
        await Server.ResumeAsync();
        run.Able();

        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldKeepItsPromise(report);
        ShouldRecoverWithin(report, 2);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Row_5_writes_are_paused_for_longer_than_the_timeout(TransportKind kind)
    {
        var run = await StartAsync(5, kind);
        await run.LoadAsync();

        await TellAsync("CLIENT", "PAUSE", "7000", "WRITE");
        await Task.Delay(TimeSpan.FromSeconds(7));
        run.Able();

        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldKeepItsPromise(report);
        ShouldLoseNothing(report);
        ShouldDoubleNothing(report);
        ShouldRecoverWithin(report, 2);
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Row_18_scripts_are_flushed(TransportKind kind)
    {
        var run = await StartAsync(18, kind);
        await run.LoadAsync();

        for (var i = 0; i < 20; i++)
        {
            await TellAsync("SCRIPT", "FLUSH");
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }

        run.Able();
        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldLoseNothing(report);
        ShouldDoubleNothing(report);
        ShouldRecoverWithin(report, 1);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Row_19_full(TransportKind kind)
    {
        var run = await StartAsync(19, kind);
        await run.LoadAsync();

        await TellAsync("CONFIG", "SET", "maxmemory", "1mb");
        if (kind != TransportKind.PubSub)
        {
            await Eventually.TrueAsync(() => run.Log.Published.Any(published => published.Outcome == Outcome.Refused), what: "publishing is refused");
            await Eventually.TrueAsync(() => run.Log.HandledCount >= run.Log.Ok, what: "the backlog is drained all the same");
        }

        await TellAsync("CONFIG", "SET", "maxmemory", "0");
        run.Able();
        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldKeepItsPromise(report);
        ShouldLoseNothing(report);
        ShouldDoubleNothing(report);
        ShouldRecoverWithin(report, 2);
        run.Log.Published.Where(published => published.Outcome == Outcome.Refused && !published.Error!.Message.Contains("OOM")).Should().BeEmpty("the server said why");
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Row_23_demoted_and_promoted(TransportKind kind)
    {
        var run = await StartAsync(23, kind);
        await run.LoadAsync();

        // A primary that can't be reached: nothing is replicated, so no data is lost by the demotion itself.
        await TellAsync("REPLICAOF", "127.0.0.1", "1");
        await Task.Delay(TimeSpan.FromSeconds(2));
        await TellAsync("REPLICAOF", "NO", "ONE");
        run.Able();

        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldKeepItsPromise(report);
        ShouldRecoverWithin(report, 2);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Row_24_loading_busy_misconfigured_and_without_replicas(TransportKind kind)
    {
        var run = await StartAsync(24, kind, options: null, appendOnly: true, "--key-load-delay", "200", "--enable-protected-configs", "yes");
        await run.LoadAsync();

        await TellAsync("CONFIG", "SET", "min-replicas-to-write", "1");
        await Task.Delay(Outage);
        await TellAsync("CONFIG", "SET", "min-replicas-to-write", "0");
        run.Able();
        await run.RecoverAsync();
        await run.LoadAsync(200);

        await TellAsync("CONFIG", "SET", "busy-reply-threshold", "50");
        var endless = TellAsync("EVAL", "while true do end", "0");
        await Task.Delay(Outage);
        await TellAsync("SCRIPT", "KILL");
        run.Able();
        await endless.Invoking(async script => await script).Should().ThrowAsync<InvalidOperationException>();
        await run.RecoverAsync();
        await run.LoadAsync(200);

        await MisconfigureAsync();
        run.Able();
        await run.RecoverAsync();
        await run.LoadAsync(200);

        // It answers PING with LOADING until it has read the file, slowed down.
        await Server.RestartAsync();
        run.Able();

        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldKeepItsPromise(report);
        ShouldRecoverWithin(report, 2);
    }

    /// <summary>Its directory is gone, so that it can't save, and refuses writes.</summary>
    private async Task MisconfigureAsync()
    {
        var directory = ((string?)(await Database.ExecuteAsync("CONFIG", "GET", "dir"))[1])!;
        await TellAsync("CONFIG", "SET", "save", "3600 1");
        var nowhere = directory + "-gone";
        Directory.CreateDirectory(nowhere);
        await TellAsync("CONFIG", "SET", "dir", nowhere);
        Directory.Delete(nowhere);
        await TellAsync("BGSAVE");
        await Eventually.TrueAsync(async () => await LastSaveAsync() == "err", what: "saving fails");
        await Task.Delay(Outage);
        await TellAsync("CONFIG", "SET", "dir", directory);
        await TellAsync("BGSAVE");
        await Eventually.TrueAsync(async () => await LastSaveAsync() == "ok", what: "saving works again");
    }

    private async Task<string> LastSaveAsync()
    {
        var persistence = await Database.Multiplexer.GetServers().Single().InfoAsync("persistence");
        return persistence.Single().Single(field => field.Key == "rdb_last_bgsave_status").Value;
    }
}
