using System.Globalization;

namespace RedisMessaging.FaultTests;

/// <summary>
/// Row 31: all three transports under load, and every few seconds a fault of rows 1, 4, 6, 8, 9, 11 and 18, chosen by a seed. What was done stands in
/// <c>artifacts/chaos-seed-N.txt</c>.
/// </summary>
[Trait("Category", ChaosRows.Name)]
[Collection(ChaosRows.Name)]
public sealed class RandomMix(ITestOutputHelper output) : FaultTest(output)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(5);

    private readonly ITestOutputHelper _output = output;
    private readonly Dictionary<TransportKind, FaultRun> _runs = [];
    private readonly Dictionary<TransportKind, ConsumerProcess> _children = [];

    public static TheoryData<int> Seeds => [.. ChaosSettings.Seeds];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Row_31_random_mix(int seed)
    {
        var server = await RedisServer.StartPrivateAsync(appendOnly: true);
        try
        {
            await StartLoadAsync(server, seed);
            await TreatBadlyAsync(server, seed);
            await CheckAsync();
        }
        finally
        {
            foreach (var child in _children.Values)
            {
                await child.DisposeAsync();
            }
        }
    }

    private async Task StartLoadAsync(OwnRedisServer server, int seed)
    {
        var options = new FaultOptions
        {
            Lease = Lease,
            ProxyConsumers = true,
            ProxyPublishers = true,
            // What StackExchange.Redis has to detect takes it several timeouts.
            Connection = ",asyncTimeout=1000,syncTimeout=1000",
            Pause = TimeSpan.FromMilliseconds(50),
            Note = string.Create(CultureInfo.InvariantCulture, $"seed {seed}, {ChaosSettings.Duration.TotalSeconds:0} s"),
        };
        foreach (var kind in new[] { TransportKind.PubSub, TransportKind.Queue, TransportKind.Stream })
        {
            _runs[kind] = await StartAsync(31, kind, server, options);
        }

        foreach (var kind in new[] { TransportKind.Queue, TransportKind.Stream })
        {
            _children[kind] = await ConsumerProcess.StartAsync(_runs[kind], server.ConnectionString, Lease);
        }

        foreach (var run in _runs.Values)
        {
            await run.LoadAsync(200);
        }
    }

    private async Task TreatBadlyAsync(OwnRedisServer server, int seed)
    {
        var started = TimeProvider.System.GetTimestamp();
        await using var protocol = Matrix.OpenProtocol($"chaos-seed-{seed}.txt");
        foreach (var fault in MixedFault.Draw(seed))
        {
            await Task.Delay(fault.Calm);
            var now = TimeProvider.System.GetElapsedTime(started);
            if (now >= ChaosSettings.Duration)
            {
                return;
            }

            // A fault that meets replies on their way does more harm than one that meets silence.
            await Task.WhenAll(_runs.Values.Select(run => run.LoadAsync(300)));
            Tell(string.Create(CultureInfo.InvariantCulture, $"seed {seed} at {now.TotalSeconds:0.0} s: row {fault.Row}, {fault.Name}"));
            await DoAsync(server, fault);
            foreach (var run in _runs.Values)
            {
                run.Able();
            }

            foreach (var run in _runs.Values)
            {
                await run.RecoverAsync();
            }

            Tell(string.Create(CultureInfo.InvariantCulture, $"seed {seed} at {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0.0} s: all go on"));
        }

        void Tell(string line)
        {
            _output.WriteLine(line);
            protocol.WriteLine(line);
        }
    }

    private async Task DoAsync(OwnRedisServer server, MixedFault fault)
    {
        switch (fault.Row)
        {
            case 1:
                await server.KillAsync();
                await Task.Delay(fault.Lasts);
                await server.RestartAsync();
                break;
            case 4:
                await server.PauseAsync();
                await Task.Delay(fault.Lasts);
                await server.ResumeAsync();
                break;
            case 6 when fault.Choice % 2 == 0:
                await RedisReply.ToAsync(server.ConnectionString, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
                await RedisReply.ToAsync(server.ConnectionString, "CLIENT", "KILL", "TYPE", "pubsub");
                break;
            case 6:
                ForEach(run =>
                {
                    run.ConsumerLink.Reset();
                    run.PublisherLink.Reset();
                });
                break;
            case 8:
                var cuts = _runs.Values.Select(run => run.PublisherLink.CutReplies(1 + (fault.Choice % 3))).ToList();
                await Eventually.TrueAsync(() => cuts.TrueForAll(cut => cut.IsOver), what: "replies are cut");
                break;
            case 9 when fault.Choice % 2 == 0:
                ForEach(run => run.ConsumerLink.BlackHole(LinkDirection.ToServer, LinkDirection.ToClient));
                break;
            case 9:
                ForEach(run => run.PublisherLink.BlackHole(LinkDirection.ToClient));
                break;
            case 11:
                var kind = fault.Choice % 2 == 0 ? TransportKind.Queue : TransportKind.Stream;
                await _children[kind].DisposeAsync();
                _runs[kind].NoteKilled();
                _children[kind] = await ConsumerProcess.StartAsync(_runs[kind], server.ConnectionString, Lease);
                break;
            default:
                await RedisReply.ToAsync(server.ConnectionString, "SCRIPT", "FLUSH");
                break;
        }
    }

    /// <summary>Everything is healed by now. A server may still be parked for those who are gone; after one lease it is not.</summary>
    private async Task CheckAsync()
    {
        await Task.Delay(Lease);
        foreach (var child in _children.Values)
        {
            await child.StopAsync();
        }

        var reports = new List<FaultReport>();
        foreach (var run in _runs.Values)
        {
            reports.Add(await run.FinishAsync());
        }

        foreach (var report in reports)
        {
            ShouldBeSound(report);
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

    private void ForEach(Action<FaultRun> action)
    {
        foreach (var run in _runs.Values)
        {
            action(run);
        }
    }
}
