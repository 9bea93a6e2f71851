using System.Globalization;

namespace RedisMessaging.FaultTests;

/// <summary>What follows a crash is handled at full speed, and what is new does not wait for it.</summary>
public sealed class CrashRows(ITestOutputHelper output) : FaultTest(output)
{
    private const int Concurrency = 16;
    private const string Slow = "slow";
    private static readonly TimeSpan Work = TimeSpan.FromMilliseconds(500);
    private readonly ITestOutputHelper _output = output;

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Row_35_after_a_crash_at_full_speed(TransportKind kind)
    {
        var run = await StartAsync(35, kind, Options(killed: 1));
        var held = await PublishSlowAsync(run);
        await KillWithAllInHandAsync(run);

        await run.AddConsumerAsync();
        run.Able();
        await Eventually.TrueAsync(() => run.Log.HandledCount > 0, what: "they come back");
        var waits = await PublishNewAsync(run, () => run.Log.Handled.Count(handling => held.Contains(handling.Key)) < held.Count);
        await HandledAsync(run, held);
        var took = TookFor(run, held);
        Say($"{kind}: {held.Count} messages of a dead consumer took {took.TotalSeconds:0.00} s");
        took.Should().BeLessThan(1.3 * Ideal(held.Count, Concurrency));
        Say($"{kind}: what was new waited for {Seconds(waits)} s");
        waits.Should().HaveCountGreaterThan(3).And.OnlyContain(wait => wait < TimeSpan.FromSeconds(1));

        await run.LoadAsync();
        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldLoseNothing(report);
        ShouldDoubleNothing(report);
    }

    /// <summary>The second crash brings back what was being handled: any of it may be what ended the process. It is handled one after another, and beside the rest.</summary>
    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Row_35_after_a_second_crash(TransportKind kind)
    {
        var run = await StartAsync(35, kind, Options(killed: 2) with { Note = "twice" });
        var held = await PublishSlowAsync(run);
        await KillWithAllInHandAsync(run);
        await KillWithAllInHandAsync(run, async () => await RecordedStartsAsync(run) == Concurrency);

        await run.AddConsumerAsync();
        run.Able();
        await Eventually.TrueAsync(() => run.Log.HandledCount > 0, what: "they come back");
        var waits = await PublishNewAsync(run, () => run.Log.Handled.Count(handling => held.Contains(handling.Key)) < held.Count);

        var suspects = run.Log.Handled.Where(handling => held.Contains(handling.Key) && handling.Attempt > 1).OrderBy(handling => handling.At).ToList();
        suspects.Should().HaveCount(Concurrency, "only what was started when its process died may be what ended it");
        suspects.Zip(suspects.Skip(1), (one, next) => next.At - one.At).Should().OnlyContain(gap => gap > 0.9 * Work, "one runs after another");
        var others = run.Log.Handled.Where(handling => held.Contains(handling.Key) && handling.Attempt == 1).Select(handling => handling.Key).ToHashSet();
        TookFor(run, others).Should().BeLessThan(1.3 * Ideal(others.Count, Concurrency - 1));
        Say($"{kind}: what was new waited for {Seconds(waits)} s");
        waits.Should().HaveCountGreaterThan(3).And.OnlyContain(wait => wait < TimeSpan.FromSeconds(1));

        await run.LoadAsync();
        var report = await run.FinishAsync();
        ShouldBeSound(report);
        ShouldLoseNothing(report);
        ShouldDoubleNothing(report);
    }

    /// <summary>What runs beside one that kills the process gets a start on record that is not its fault, time and again where many kill. None of it is given up for that.</summary>
    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Several_messages_that_kill_their_process_take_no_other_with_them(TransportKind kind)
    {
        const int messages = 100;
        const int killers = 3;
        const int maxAttempts = 2;
        var run = await StartAsync(35, kind, new FaultOptions { Consumers = 0, Lease = TimeSpan.FromSeconds(1) });
        var letters = run.Publisher.Topic(FaultRun.Topic).DeadLetters;
        await using var consumer = await RestartedConsumer.StartAsync(run, new ConsumerProcessOptions
        {
            Connection = Server.ConnectionString,
            Prefix = run.Prefix,
            Kind = kind,
            Lease = TimeSpan.FromSeconds(1),
            Concurrency = Concurrency,
            MaxAttempts = maxAttempts,
        });
        await run.Publisher.PublishManyAsync(FaultRun.Topic, Enumerable.Range(0, messages).Select(number => new LoadMessage(0, number, number % 30 == 20 ? Poison.Kills : null)));
        await Eventually.TrueAsync(
            async () => run.Log.Handled.Select(handling => handling.Key).Distinct().Count() == messages - killers && await letters.CountAsync() == killers,
            TimeSpan.FromSeconds(90),
            $"{messages - killers} are handled, and {killers} are dead letters");
        (await run.ReadRedisAsync()).DeadLetters.Select(key => key.Number).Should().BeEquivalentTo([20, 50, 80]);
        Say($"{kind}: {consumer.Deaths} deaths for {killers} messages that kill");
        consumer.Deaths.Should().BeLessThanOrEqualTo(killers * (maxAttempts + 1));
        await (await consumer.LastAsync()).StopAsync();
    }

    private static FaultOptions Options(int killed) => new()
    {
        Consumers = 0,
        Killed = killed,
        Lease = TimeSpan.FromSeconds(2),
        Concurrency = Concurrency,
        Work = static message => message.Filler == Slow ? Work : TimeSpan.FromMilliseconds(1),
    };

    private static TimeSpan Ideal(int messages, int places) => Math.Ceiling((double)messages / places) * Work;

    private static async Task<HashSet<MessageKey>> PublishSlowAsync(FaultRun run)
    {
        var held = new HashSet<MessageKey>();
        for (var i = 0; i < PrefetchedBy(run.Kind); i++)
        {
            held.Add(await run.PublishOneAsync(Slow));
        }

        return held;
    }

    private static Task HandledAsync(FaultRun run, HashSet<MessageKey> keys) =>
        Eventually.TrueAsync(() => run.Log.Handled.Count(handling => keys.Contains(handling.Key)) >= keys.Count, TimeSpan.FromSeconds(60), "all are handled");

    /// <summary>One new message after another, and how long each waits for its start.</summary>
    private static async Task<List<TimeSpan>> PublishNewAsync(FaultRun run, Func<bool> isMore)
    {
        var waits = new List<TimeSpan>();
        while (isMore())
        {
            var published = await run.PublishOneAsync("new");
            var at = run.Log.Now;
            await Eventually.TrueAsync(() => run.Log.Handled.Any(handling => handling.Key == published), what: "what is new is handled");
            waits.Add(run.Log.Handled.First(handling => handling.Key == published).At - at);
            await Task.Delay(200);
        }

        return waits;
    }

    private static string Seconds(List<TimeSpan> waits) => string.Join(", ", waits.Select(wait => wait.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture)));

    /// <summary>From the first start to the last one, and what that takes.</summary>
    private static TimeSpan TookFor(FaultRun run, HashSet<MessageKey> keys)
    {
        var starts = run.Log.Handled.Where(handling => keys.Contains(handling.Key)).Select(handling => handling.At).ToList();
        return starts.Max() - starts.Min() + Work;
    }

    /// <summary>How many a consumer takes of those that are there when it starts: a stream's asks for few at first, as long as it does not know how large they are.</summary>
    private static int PrefetchedBy(TransportKind kind) => kind == TransportKind.Queue ? 100 : 70;

    private static async Task<bool> HasAllInHandAsync(FaultRun run)
    {
        var redis = await run.ReadRedisAsync();
        return redis.WaitingCount == 0 && redis.Held.Values.Sum() >= PrefetchedBy(run.Kind);
    }

    private async Task<int> RecordedStartsAsync(FaultRun run)
    {
        if (run.Kind == TransportKind.Stream)
        {
            return (int)(await run.ReadRedisAsync()).Held.Where(held => held.Key.Contains("starts", StringComparison.Ordinal)).Sum(held => held.Value);
        }

        var server = Database.Multiplexer.GetServers().Single();
        var recorded = 0;
        await foreach (var key in server.KeysAsync(pattern: "*queue:claims:*"))
        {
            recorded += (await Database.HashValuesAsync(key)).Count(value => value.ToString().StartsWith("rm!01", StringComparison.Ordinal));
        }

        return recorded;
    }

    /// <summary>A process with handlers that do not end takes all there is, and dies.</summary>
    private async Task KillWithAllInHandAsync(FaultRun run, Func<Task<bool>>? when = null)
    {
        await using var child = await ConsumerProcess.StartAsync(run, new ConsumerProcessOptions
        {
            Connection = Server.ConnectionString,
            Prefix = run.Prefix,
            Kind = run.Kind,
            Lease = Options(0).Lease,
            Concurrency = Concurrency,
            Work = TimeSpan.FromMinutes(5),
        });
        await Eventually.TrueAsync(when ?? (() => HasAllInHandAsync(run)), what: "the consumer has all in hand");
        child.Kill();
    }

    private void Say(FormattableString line) => _output.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
