using System.Diagnostics;
using RedisMessaging.Redis.ServerChecks;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>How entries of a consumer that says nothing any more come to another one: with the read itself where the server can do that (XREADGROUP … CLAIM), else by sweeps.</summary>
public sealed class StreamTakeoverTests(ITestOutputHelper output)
{
    private const int VerbLost = 3023;
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(1);

    [ReadClaimTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task It_comes_the_moment_the_lease_ends_without_a_sweep(bool isParked)
    {
        await using var server = await RedisServer.StartPrivateAsync();
        await using var stream = Open(server.ConnectionString, lease: TimeSpan.FromSeconds(4));
        await using var heir = await stream.OpenAsync();
        await using var dead = await stream.OpenAsync();
        if (!isParked)
        {
            await stream.SendAsync(Numbers(11));
            await KeepBusyAsync(heir, 11);
        }

        await stream.SendAsync("left");
        var since = Stopwatch.GetTimestamp();
        var left = (await dead.ReceiveAsync(1)).Single();
        await ForgetCallsAsync(stream.Database);

        var taken = (await heir.ReceiveAsync(1)).Single();
        var waited = Stopwatch.GetElapsedTime(since);
        output.WriteLine($"after {waited.TotalMilliseconds:0} ms");

        taken.Receipt.Should().Be(left.Receipt);
        taken.Redelivered.Should().BeTrue();
        waited.Should().BeGreaterThanOrEqualTo(TimeSpan.FromSeconds(4) - TimeSpan.FromMilliseconds(20)).And.BeLessThan(TimeSpan.FromSeconds(4) + AtOnce);
        (await CountCallsAsync(stream.Database, "xautoclaim")).Should().Be(0, "nothing is gone from the stream");
    }

    [Theory]
    [InlineData(NewerVerb.None)]
    [InlineData(NewerVerb.ReadClaim)]
    internal async Task Starts_on_record_come_with_what_is_taken_over(NewerVerb without)
    {
        await using var stream = await OpenSharedAsync(without);
        await stream.SendAsync("started", "fetched");
        var dead = await stream.OpenAsync();
        var left = await dead.ReceiveAsync(2);
        (await dead.SettleAsync(SettlementKind.Start, left[0])).Should().Be(1);
        await using var heir = await stream.OpenAsync();

        var taken = await heir.ReceiveAsync(2);

        taken.Select(delivery => delivery.Text()).Should().Equal("started", "fetched");
        taken.Should().OnlyContain(delivery => delivery.Redelivered);
        taken.Select(delivery => delivery.Starts).Should().Equal(1, 0);
        taken.Select(delivery => delivery.IsSuspect).Should().Equal(true, false);
        (await dead.SettleAsync(SettlementKind.Ack, left)).Should().Be(0, "they are the other's");
        (await heir.SettleAsync(SettlementKind.Ack, taken)).Should().Be(2);
    }

    [Theory]
    [InlineData(NewerVerb.None)]
    [InlineData(NewerVerb.ReadClaim)]
    internal async Task What_is_gone_from_the_stream_becomes_a_dead_letter(NewerVerb without)
    {
        await using var stream = await OpenSharedAsync(without);
        await stream.SendAsync("first", "middle", "last");
        var dead = await stream.OpenAsync();
        var left = await dead.ReceiveAsync(3);
        await stream.Database.StreamDeleteAsync(stream.Keys.Data("stream"), [left[1].Receipt]);
        await using var heir = await stream.OpenAsync();

        var taken = await heir.ReceiveAsync(2);
        using var found = new CancellationTokenSource();
        var receiving = ReceiveUntilAsync(heir, found.Token);
        await Eventually.TrueAsync(async () => await stream.Database.StreamLengthAsync(stream.Keys.DeadLetters) == 1, what: "the entry that is gone has a dead letter");

        taken.Select(delivery => delivery.Text()).Should().Equal("first", "last");
        (await heir.SettleAsync(SettlementKind.Ack, taken)).Should().Be(2);
        (await stream.Database.StreamPendingAsync(stream.Keys.Data("stream"), "group")).PendingMessageCount.Should().Be(0);
        await found.CancelAsync();
        await receiving;
    }

    [Theory]
    [InlineData(NewerVerb.None)]
    [InlineData(NewerVerb.ReadClaim)]
    internal async Task What_a_consumer_holds_does_not_come_again_when_renewals_are_late(NewerVerb without)
    {
        await using var stream = await OpenSharedAsync(without);
        await stream.SendAsync("1", "2", "3");
        await using var only = await stream.OpenAsync();
        var held = await only.ReceiveAsync(3);

        (await ReceiveForAsync(only, Lease * 2.5)).Should().BeEmpty("they are in hand");

        (await only.SettleAsync(SettlementKind.Ack, held)).Should().Be(3);
    }

    [Theory]
    [InlineData(NewerVerb.None)]
    [InlineData(NewerVerb.ReadClaim)]
    internal async Task Who_wants_new_ones_only_leaves_it_where_it_is(NewerVerb without)
    {
        await using var stream = await OpenSharedAsync(without);
        await stream.SendAsync("left");
        var dead = await stream.OpenAsync();
        await dead.ReceiveAsync(1);
        await using var heir = await stream.OpenAsync();
        (await ReceiveForAsync(heir, TimeSpan.FromMilliseconds(300))).Should().BeEmpty("the lease is not over");
        var receiving = ReceiveForAsync(heir, Lease * 1.75, newOnly: true);
        await Task.Delay(Lease * 1.5);
        await stream.SendAsync("new");

        (await receiving).Should().Equal("new");
        (await heir.ReceiveAsync(1)).Single().Text().Should().Be("left");
    }

    [ReadClaimTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_taken_over_with_a_reply_that_is_lost_still_counts_as_redelivered(bool isParked)
    {
        await using var link = FaultProxy.Start((await RedisServer.SharedAsync()).ConnectionString);
        await using var stream = Open(link.ConnectionString);
        await using var heir = await stream.OpenAsync();
        if (!isParked)
        {
            await stream.SendAsync(Numbers(8));
            await KeepBusyAsync(heir, 8);
        }

        var dead = await stream.OpenAsync();
        await stream.SendAsync("to-be-left");
        await dead.ReceiveAsync(1);
        var cut = link.CutReplies(1, "to-be-left"u8);
        var taken = await heir.ReceiveAsync(1);

        cut.IsOver.Should().BeTrue();
        taken.Should().OnlyContain(delivery => delivery.Redelivered);
        (await heir.SettleAsync(SettlementKind.Ack, taken)).Should().Be(taken.Count);
    }

    [Fact]
    public async Task A_server_that_does_not_know_the_verb_any_more_is_read_without_it()
    {
        using var log = new TestLog(output);
        await using var stream = Open((await RedisServer.SharedAsync()).ConnectionString, log);
        await using var receiver = await stream.OpenAsync();
        await stream.SendAsync("1");
        var first = await receiver.ReceiveAsync(1);
        var knows = stream.Verbs.Has(NewerVerb.ReadClaim);
        // As if the one before it had known it.
        stream.Verbs.Note(NewerVerb.ReadClaim, known: true);
        await stream.SendAsync(Numbers(20));

        var rest = new List<Delivery>();
        for (var i = 0; i < 20; i++)
        {
            rest.AddRange(await receiver.ReceiveAsync(1));
        }

        rest.Select(delivery => delivery.Text()).Should().Equal(Numbers(20));
        (await receiver.SettleAsync(SettlementKind.Ack, [.. first, .. rest])).Should().Be(21);
        stream.Verbs.Has(NewerVerb.ReadClaim).Should().Be(knows);
        log.Lines.Count(line => line.Id == VerbLost).Should().Be(knows ? 0 : 1, "it is logged once, where the server lacks it");
    }

    private static string[] Numbers(int count) => [.. Enumerable.Range(1, count).Select(number => $"{number}")];

    /// <summary>Has it open a connection of its own to block on: what arrives one by one, and often, does.</summary>
    private static async Task KeepBusyAsync(IReceiver receiver, int count)
    {
        for (var i = 0; i < count; i++)
        {
            (await receiver.SettleAsync(SettlementKind.Ack, await receiver.ReceiveAsync(1))).Should().Be(1);
        }
    }

    private static async Task<List<string>> ReceiveForAsync(IReceiver receiver, TimeSpan duration, bool newOnly = false)
    {
        using var enough = new CancellationTokenSource(duration);
        return await ReceiveUntilAsync(receiver, enough.Token, newOnly);
    }

    private static async Task<List<string>> ReceiveUntilAsync(IReceiver receiver, CancellationToken enough, bool newOnly = false)
    {
        var texts = new List<string>();
        var buffer = new Delivery[10];
        try
        {
            while (true)
            {
                var count = await receiver.ReceiveAsync(buffer, new ReceiveBounds(long.MaxValue, newOnly), enough);
                texts.AddRange(buffer.Take(count).Select(delivery => delivery.Text()));
            }
        }
        catch (OperationCanceledException)
        {
            return texts;
        }
    }

    private static async Task ForgetCallsAsync(IDatabase database) => await database.ExecuteAsync("CONFIG", "RESETSTAT");

    private static async Task<int> CountCallsAsync(IDatabase database, string command)
    {
        var stats = (string)(await database.ExecuteAsync("INFO", "commandstats"))!;
        return stats.Split('\n').Count(line => line.StartsWith($"cmdstat_{command}:", StringComparison.Ordinal));
    }

    private static async Task<OpenTransport> OpenSharedAsync(NewerVerb without) => Open((await RedisServer.SharedAsync()).ConnectionString, without: without);

    private static OpenTransport Open(string server, TestLog? log = null, TimeSpan? lease = null, NewerVerb without = NewerVerb.None) =>
        new(server, UniquePrefix.Create(), TransportKind.Stream, logger: log, lease: lease ?? Lease, without: without);
}
