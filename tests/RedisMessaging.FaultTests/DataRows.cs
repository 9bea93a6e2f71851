using System.Diagnostics.Metrics;
using RedisMessaging.ContractTests;
using StackExchange.Redis;

namespace RedisMessaging.FaultTests;

/// <summary>Somebody else has his hands in the data.</summary>
public sealed class DataRows(ITestOutputHelper output) : FaultTest(output)
{
    [Theory]
    [MemberData(nameof(All))]
    public async Task Row_15_deleted_and_flushed(TransportKind kind)
    {
        var run = await StartAsync(15, kind);
        await run.LoadAsync();
        await run.RestAsync();
        await TellAsync("DEL", run.Tagged + "queue", run.Tagged + "stream");
        await run.LoadAsync(1_000);
        run.Able();
        await run.RecoverAsync();

        await TellAsync("FLUSHALL");
        var flushed = run.Log.Now;
        run.Able();

        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldDoubleNothing(report);
        ShouldRecoverWithin(report, 2);
        if (kind == TransportKind.PubSub)
        {
            ShouldLoseNothing(report);
        }
        else
        {
            ShouldLoseNothingPublishedAfter(report, flushed);
        }
    }

    [Fact]
    public async Task Row_16_the_group_or_its_consumers_are_removed()
    {
        var run = await StartAsync(16, TransportKind.Stream);
        await run.LoadAsync();

        await TellAsync("XGROUP", "DESTROY", run.Tagged + "stream", FaultRun.Group);
        run.Able();
        await run.RecoverAsync();
        await run.LoadAsync(1_000);
        await Eventually.TrueAsync(() => HasConsumersAsync(run, 2), what: "the group is made anew");
        foreach (var consumer in await Database.StreamConsumerInfoAsync(run.Tagged + "stream", FaultRun.Group))
        {
            await TellAsync("XGROUP", "DELCONSUMER", run.Tagged + "stream", FaultRun.Group, consumer.Name);
        }

        run.Able();
        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldLoseNothing(report);
        ShouldRecoverWithin(report, 2);
    }

    private async Task<bool> HasConsumersAsync(FaultRun run, int count)
    {
        var groups = await Database.StreamGroupInfoAsync(run.Tagged + "stream");
        return groups.Any(group => group.ConsumerCount == count);
    }

    [Fact]
    public async Task Row_17_pending_entries_are_trimmed()
    {
        long reported = 0;
        using var meters = new MeterListener();
        meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "redismessaging.messages.trimmed_unhandled")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        meters.SetMeasurementEventCallback<long>((_, count, _, _) => Interlocked.Add(ref reported, count));
        meters.Start();
        var run = await StartAsync(17, TransportKind.Stream, new FaultOptions { Lease = TimeSpan.FromSeconds(3) });
        await using var transport = run.OpenTransport();
        await using var dead = await transport.OpenAsync();
        var loading = run.LoadAsync();
        var taken = await dead.ReceiveAsync(50);
        await loading;

        await TellAsync("XTRIM", run.Tagged + "stream", "MAXLEN", "0");
        var trimmed = run.Log.Now;
        run.Able();
        await Eventually.TrueAsync(() => Interlocked.Read(ref reported) >= taken.Count, what: $"{taken.Count} entries are reported as trimmed, not {reported}");
        await dead.DisposeAsync();

        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldDoubleNothing(report);
        ShouldLoseNothingPublishedAfter(report, trimmed);
        ShouldRecoverWithin(report, 2);
        reported.Should().BeLessThanOrEqualTo(report.Lost.Count, "what consumers held was handled all the same");
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Row_26_bad_and_foreign_messages(TransportKind kind)
    {
        string[] bad =
        [
            "a note from redis-cli",
            "",
            """{"rm":1,"id":"cut off""",
            "{\"rm\":1,\"id\":\"1\",\"type\":\"load-message\",\"at\":1}\nno JSON",
            "{\"rm\":1,\"id\":\"2\",\"type\":\"load-message\",\"at\":1}\nnull",
            "{\"rm\":1,\"id\":\"3\",\"type\":\"System.IO.FileInfo, mscorlib\",\"at\":1}\n{}",
            "{\"rm\":99,\"id\":\"4\",\"type\":\"load-message\",\"at\":1}\n{}",
        ];
        const int rounds = 20;
        var run = await StartAsync(26, kind);
        await run.LoadAsync();

        for (var i = 0; i < rounds; i++)
        {
            foreach (var text in bad)
            {
                await (kind switch
                {
                    TransportKind.PubSub => TellAsync("PUBLISH", run.Prefix + FaultRun.Topic, text),
                    TransportKind.Queue => TellAsync("LPUSH", run.Tagged + "queue", text),
                    _ when i % 2 == 0 => TellAsync("XADD", run.Tagged + "stream", "*", "m", text),
                    _ => TellAsync("XADD", run.Tagged + "stream", "*", "some", text, "others", "fields"),
                });
            }
        }

        run.Able();
        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldLoseNothing(report);
        ShouldDoubleNothing(report);
        ShouldRecoverWithin(report, 1);
        report.DeadLetters.Should().Be(kind == TransportKind.PubSub ? 0 : rounds * bad.Length);
    }
}
