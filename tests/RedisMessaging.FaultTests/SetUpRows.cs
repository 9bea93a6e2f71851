namespace RedisMessaging.FaultTests;

/// <summary>The server is set up in a way that loses messages or shuts the door, at the start or later; and a clock that is wrong.</summary>
public sealed class SetUpRows(ITestOutputHelper output) : FaultTest(output)
{
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(1);

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Row_20_a_server_that_evicts_is_refused_until_it_is_put_right(TransportKind kind)
    {
        await StartServerAsync();
        foreach (var policy in new[] { "allkeys-lru", "allkeys-lfu", "allkeys-random" })
        {
            await TellAsync("CONFIG", "SET", "maxmemory-policy", policy);
            foreach (var consumers in new[] { 0, 1 })
            {
                await FluentActions.Awaiting(() => StartRunAsync(20, kind, new FaultOptions { Consumers = consumers }))
                    .Should().ThrowAsync<RedisMessagingConfigurationException>()
                    .WithMessage($"*'{policy}'*'{FaultRun.Topic}'*CONFIG SET maxmemory-policy noeviction*OnUnsafeServer*");
            }
        }

        await TellAsync("CONFIG", "SET", "maxmemory-policy", "noeviction");
        var run = await StartRunAsync(20, kind);
        await run.LoadAsync();
        run.Able();
        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldLoseNothing(report);
        ShouldDoubleNothing(report);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Row_25_rights_and_passwords_change(TransportKind kind)
    {
        await StartServerAsync();
        await TellAsync("ACL", "SETUSER", "worker", "on", ">right", "~*", "&*", "+@all");
        var run = await StartRunAsync(25, kind, new FaultOptions { Connection = ",user=worker,password=right,asyncTimeout=2000" });
        await run.LoadAsync();

        // The rights to write are taken from the connections that are open.
        string[] rights = kind switch
        {
            TransportKind.PubSub => ["publish"],
            TransportKind.Queue => ["lpush", "blmove", "eval", "evalsha", "hdel"],
            _ => ["xadd", "xreadgroup", "xack", "eval", "evalsha"],
        };
        await TellAsync(["ACL", "SETUSER", "worker", .. rights.Select(right => "-" + right)]);
        await RefusedAsync(run, $"*{rights[0]}*ACL SETUSER*+{rights[0]}*");
        if (kind != TransportKind.PubSub)
        {
            await WarnedAsync(run, "NOPERM");
        }

        await Task.Delay(Outage);
        await TellAsync("ACL", "SETUSER", "worker", "+@all");
        run.Able();
        await run.RecoverAsync();
        await run.LoadAsync(500);

        // All keys and channels. A client that is subscribed to a channel it has no right to any more is cut off.
        await TellAsync("ACL", "SETUSER", "worker", "resetkeys", "resetchannels");
        await RefusedAsync(run, $"*ACL SETUSER*{FaultRun.Topic}*");
        await WarnedAsync(run, kind == TransportKind.PubSub ? "Redis refuses to let it subscribe again" : "permissions to access");
        await Task.Delay(Outage);
        await TellAsync("ACL", "SETUSER", "worker", "~*", "&*");
        run.Able();
        await run.RecoverAsync();
        await run.LoadAsync(500);

        // The password, which matters to those who connect anew; nor does Redis let them in as somebody else.
        await Database.ExecuteAsync("ACL", "SETUSER", "default", "resetpass", ">closed");
        await Database.ExecuteAsync("ACL", "SETUSER", "worker", "resetpass", ">other");
        await Database.ExecuteAsync("CLIENT", "KILL", "USER", "worker");
        await RefusedAsync(run, "*");
        await WarnedAsync(run, "Redis refused the password of user 'worker'");
        await Database.ExecuteAsync("ACL", "SETUSER", "worker", "resetpass", ">right");
        await Database.ExecuteAsync("ACL", "SETUSER", "default", "nopass");
        run.Able();

        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldKeepItsPromise(report);
        ShouldRecoverWithin(report, 5);
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Row_30_a_clock_jumps(TransportKind kind)
    {
        const string slow = "slow";
        var clock = new ShiftedTime();
        var run = await StartAsync(30, kind, new FaultOptions
        {
            Clock = clock,
            Lease = TimeSpan.FromSeconds(2),
            Concurrency = 32,
            Work = message => TimeSpan.FromSeconds(message.Filler == slow ? 3.5 : 0),
        });
        await run.LoadAsync();

        foreach (var hours in new[] { 1, -1 })
        {
            var inHand = new List<MessageKey>();
            for (var i = 0; i < 20; i++)
            {
                inHand.Add(await run.PublishOneAsync(slow));
            }

            await Eventually.TrueAsync(() => inHand.TrueForAll(run.Log.Handled.Select(handling => handling.Key).ToHashSet().Contains), what: "handlers are at work");
            clock.Shift = TimeSpan.FromHours(hours);
            run.Able();
            await run.RecoverAsync();
            await run.LoadAsync(1_000);
            // They end under the wrong clock, long after a lease.
            await Task.Delay(TimeSpan.FromSeconds(3.5));
        }

        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldLoseNothing(report);
        ShouldDoubleNothing(report);
        ShouldRecoverWithin(report, 2);
    }

    private static async Task RefusedAsync(FaultRun run, string text)
    {
        var since = run.Log.Now;
        await Eventually.TrueAsync(
            () => run.Log.Published.Any(published => published.At > since && published.Outcome == Outcome.Refused),
            what: "publishing is refused");
        run.Log.Published.First(published => published.At > since && published.Outcome == Outcome.Refused).Error!.Message.Should().Match(text);
    }

    private static Task WarnedAsync(FaultRun run, string text) =>
        Eventually.TrueAsync(() => run.Log.Warnings.Any(warning => warning.Contains(text, StringComparison.Ordinal)), what: $"the log says '{text}'");
}
