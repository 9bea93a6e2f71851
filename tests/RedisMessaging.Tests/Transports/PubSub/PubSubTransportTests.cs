using System.Text;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Transports.Contracts;
using RedisMessaging.Transports.PubSub;
using StackExchange.Redis;
using static RedisMessaging.Tests.Transports.PubSub.PubSubTestBed;

namespace RedisMessaging.Tests.Transports.PubSub;

/// <summary>What the contract suite can't see: drops, verdicts, failed subscribes.</summary>
[Trait("Needs", "Redis")]
public sealed class PubSubTransportTests
{
    public static TheoryData<string> Protocols => ["resp2", "resp3"];

    [Theory]
    [InlineData(PubSubFullMode.DropOldest, 15, 25)]
    [InlineData(PubSubFullMode.DropNewest, 0, 10)]
    public async Task A_full_buffer_drops_counts_and_logs(PubSubFullMode mode, int firstKept, int firstNotKept)
    {
        var time = new TestTime();
        await using var bed = await OpenAsync(time: time);
        var prefix = UniquePrefix.Create();
        var transport = bed.Create("prices", prefix, new PubSubOptions { BufferCapacity = 10, FullMode = mode });
        await using var receiver = await transport.OpenAsync(To("prices"), CancellationToken.None);

        for (var i = 0; i < 25; i++)
        {
            await SendAsync(transport, "prices", $"{i}");
        }

        await Eventually.TrueAsync(() => bed.Dropped == 15);
        bed.Log.TextsOf(10001).Should().ContainSingle("a second has not passed").Which.Should().Contain("prices").And.Contain("group").And.Contain("1 messages");
        time.Advance(TimeSpan.FromSeconds(1));
        (await ReceiveAsync(receiver, 10)).Select(TextOf).Should().Equal(Enumerable.Range(firstKept, firstNotKept - firstKept).Select(i => $"{i}"));
        bed.Log.TextsOf(10001).Last().Should().Contain("14 messages");
    }

    [Theory]
    [InlineData(PubSubFullMode.DropOldest, "7,8,9", 7)]
    [InlineData(PubSubFullMode.DropNewest, "0,1,2", 7)]
    [InlineData(PubSubFullMode.Disconnect, "9", 9)]
    public void A_buffer_that_is_full_of_bytes_drops_as_one_that_is_full_of_messages(PubSubFullMode mode, string kept, int dropped)
    {
        var buffer = new PubSubBuffer(1_000, byteCapacity: 3_000, mode, TimeProvider.System);
        var count = 0;
        for (var i = 0; i < 10; i++)
        {
            count += buffer.Add(Sized(i, 1_000), out _);
        }

        var taken = new Delivery[10];
        var got = buffer.Take(taken, long.MaxValue, out _);
        string.Join(',', taken.Take(got).Select(delivery => (long)delivery.Receipt)).Should().Be(kept);
        count.Should().Be(dropped);
    }

    [Fact]
    public void A_message_larger_than_the_buffer_is_kept_alone_and_handed_out_whatever_the_room()
    {
        var buffer = new PubSubBuffer(1_000, byteCapacity: 3_000, PubSubFullMode.DropOldest, TimeProvider.System);
        buffer.Add(Sized(1, 10), out _);
        buffer.Add(Sized(2, 10), out _);
        buffer.Add(Sized(3, 10_000), out _).Should().Be(2);
        buffer.Add(Sized(4, 10), out _).Should().Be(1, "it takes the place of the large one");
        buffer.Add(Sized(5, 2_000), out _).Should().Be(0);
        var taken = new Delivery[10];

        buffer.Take(taken, 1, out _).Should().Be(1);
        buffer.Take(taken, 1, out _).Should().Be(1);
        buffer.Take(taken, 1, out var filled).Should().Be(0);
        filled.IsCompleted.Should().BeFalse();
    }

    [Fact]
    public async Task A_retry_comes_first_and_wakes_a_receiver_that_waits()
    {
        await using var bed = await OpenAsync();
        var transport = bed.Create("prices", UniquePrefix.Create());
        await using var receiver = await transport.OpenAsync(To("prices"), CancellationToken.None);
        foreach (var text in new[] { "1", "2" })
        {
            await SendAsync(transport, "prices", text);
        }

        var first = (await ReceiveAsync(receiver, 1))[0];
        (await SettleAsync(receiver, new Settlement(first, SettlementKind.Retry, Starts: 3))).Should().Be(1);
        var again = await ReceiveAsync(receiver, 2);
        var waiting = ReceiveAsync(receiver, 1);
        waiting.IsCompleted.Should().BeFalse();
        await SettleAsync(receiver, new Settlement(again[0], SettlementKind.Retry, Starts: 4));

        again.Select(TextOf).Should().Equal("1", "2");
        again[0].Starts.Should().Be(3);
        again[1].Starts.Should().Be(0);
        (await Eventually.EndsAsync(waiting)).Should().ContainSingle().Which.Should().Match<Delivery>(delivery => TextOf(delivery) == "1" && delivery.Starts == 4 && !delivery.Redelivered);
    }

    [Fact]
    public async Task Every_verdict_is_carried_out_and_only_a_dead_letter_is_told()
    {
        await using var bed = await OpenAsync();
        var transport = bed.Create("prices", UniquePrefix.Create());
        await using var receiver = await transport.OpenAsync(To("prices"), CancellationToken.None);
        await SendAsync(transport, "prices", "secret body");
        var delivery = (await ReceiveAsync(receiver, 1))[0];

        var settled = await SettleAsync(
            receiver,
            new Settlement(delivery, SettlementKind.Ack),
            new Settlement(delivery, SettlementKind.Extend),
            new Settlement(delivery, SettlementKind.Start, Starts: 1),
            new Settlement(delivery, SettlementKind.Release),
            new Settlement(delivery, SettlementKind.DeadLetter, Reason: DeadLetterReason.Undecodable, Detail: "line 1"));

        settled.Should().Be(5);
        bed.Dropped.Should().Be(1);
        bed.Log.TextsOf(10002).Should().ContainSingle().Which.Should().Contain("prices").And.Contain(DeadLetterReason.Undecodable).And.Contain("line 1").And.NotContain("secret");
        (await transport.CountUnhandledAsync(CancellationToken.None)).Should().Be(0);
        (await transport.ListGroupsAsync(CancellationToken.None)).Should().BeEmpty();
        (await transport.DeleteDrainedAsync(CancellationToken.None)).Should().BeTrue();
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_prefix_means_itself_also_in_a_pattern(string protocol)
    {
        await using var bed = await OpenAsync(protocol);
        var prefix = UniquePrefix.Create();
        var glob = bed.Create("news:*", prefix + @"a?[b]*\:");
        await using var receiver = await glob.OpenAsync(To("news:*"), CancellationToken.None);

        (await SendAsync(bed.Create("news:*", prefix + "axb:"), "news:sport", "elsewhere")).Receivers.Should().Be(0);
        (await SendAsync(glob, "news:sport", "here")).Receivers.Should().Be(1);

        var delivery = (await ReceiveAsync(receiver, 1))[0];
        TextOf(delivery).Should().Be("here");
        delivery.Channel.Should().Be("news:sport");
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Many_frames_keep_their_order_and_have_a_result_each(string protocol)
    {
        const int count = 5000;
        await using var bed = await OpenAsync(protocol);
        var transport = bed.Create("prices", UniquePrefix.Create());
        await using var receiver = await transport.OpenAsync(To("prices"), CancellationToken.None);
        var frames = Enumerable.Range(0, count).Select(i => new OutgoingFrame(Encoding.UTF8.GetBytes($"{i}"), $"{i}")).ToArray();
        var results = new SendResult[count];

        await transport.SendAsync("prices", frames, results, CancellationToken.None);

        results.Should().OnlyContain(result => result == new SendResult(Receivers: 1));
        (await ReceiveAsync(receiver, count)).Select(TextOf).Should().Equal(Enumerable.Range(0, count).Select(i => $"{i}"));
    }

    [Fact]
    public async Task Cancelled_before_it_was_written_nothing_is_sent()
    {
        await using var bed = await OpenAsync();
        var transport = bed.Create("prices", UniquePrefix.Create());
        await using var receiver = await transport.OpenAsync(To("prices"), CancellationToken.None);
        var frame = new OutgoingFrame("x"u8.ToArray(), "x");
        var cancelled = new CancellationToken(canceled: true);

        foreach (var frames in new[] { new[] { frame }, [frame, frame] })
        {
            await FluentActions.Awaiting(async () => await transport.SendAsync("prices", frames, new SendResult[2], cancelled)).Should().ThrowAsync<OperationCanceledException>();
        }

        await SendAsync(transport, "prices", "y");
        TextOf((await ReceiveAsync(receiver, 1))[0]).Should().Be("y");
        await FluentActions.Awaiting(async () => await receiver.ReceiveAsync(new Delivery[1], new ReceiveBounds(long.MaxValue), cancelled)).Should().ThrowAsync<OperationCanceledException>();
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task What_the_server_forbids_is_told_and_leaves_nothing_behind(string protocol)
    {
        await using var server = await RedisServer.StartPrivateAsync();
        await using var admin = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString + ",allowAdmin=true");
        await admin.GetDatabase().ExecuteAsync("ACL", "SETUSER", "bob", "on", ">secret", "~*", "+@all", "resetchannels");
        await using var bed = new PubSubTestBed($"{server.ConnectionString},protocol={protocol},user=bob,password=secret");
        await using var free = new PubSubTestBed(server.ConnectionString);

        foreach (var address in new[] { "prices", "prices*" })
        {
            var refused = await FluentActions.Awaiting(async () => await bed.Create(address, "").OpenAsync(To(address), CancellationToken.None)).Should().ThrowAsync<RedisServerException>();
            RedisErrors.Classify(refused.Which).Should().Be(FaultKind.NoPermission);
        }

        var frame = new OutgoingFrame("x"u8.ToArray(), "x");
        var results = new SendResult[3];
        await bed.Create("prices", "").SendAsync("prices", new[] { frame, frame, frame }, results, CancellationToken.None);
        results.Should().OnlyContain(result => RedisErrors.Classify(result.Error!) == FaultKind.NoPermission);

        await admin.GetDatabase().ExecuteAsync("ACL", "SETUSER", "bob", "&*");
        var transport = bed.Create("prices", "");
        await using (var receiver = await transport.OpenAsync(To("prices"), CancellationToken.None))
        {
            (await SendAsync(free.Create("prices", ""), "prices", "allowed")).Receivers.Should().Be(1);
            TextOf((await ReceiveAsync(receiver, 1))[0]).Should().Be("allowed");
        }

        (await SendAsync(free.Create("prices", ""), "prices", "nobody")).Receivers.Should().Be(0);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Joining_while_the_last_one_leaves_is_live(string protocol)
    {
        await using var bed = await OpenAsync(protocol);
        await using var other = await OpenAsync(protocol);
        var prefix = UniquePrefix.Create();
        var sender = other.Create("prices", prefix);
        async Task ComeAndGoAsync()
        {
            var transport = bed.Create("prices", prefix);
            for (var i = 0; i < 100; i++)
            {
                await using var receiver = await transport.OpenAsync(To("prices"), CancellationToken.None);
                var text = $"{Guid.NewGuid()}";
                await SendAsync(sender, "prices", text);
                while (TextOf((await ReceiveAsync(receiver, 1))[0]) != text)
                {
                    // The others' messages.
                }
            }
        }

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(ComeAndGoAsync)));

        (await SendAsync(sender, "prices", "nobody")).Receivers.Should().Be(0);
    }

    [Fact]
    public async Task Opening_that_was_given_up_leaves_nothing_behind()
    {
        await using var server = await RedisServer.StartPrivateAsync();
        await using var bed = new PubSubTestBed(server.ConnectionString);
        await using var other = new PubSubTestBed(server.ConnectionString);
        var transport = bed.Create("prices", "");
        await using (await transport.OpenAsync(To("warms-the-connection"), CancellationToken.None))
        {
            await server.PauseAsync();
            using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
            await FluentActions.Awaiting(async () => await transport.OpenAsync(To("prices"), soon.Token)).Should().ThrowAsync<OperationCanceledException>();
            await server.ResumeAsync();

            // The server carries out the SUBSCRIBE now: it is taken back.
            await Eventually.TrueAsync(async () => (await SendAsync(other.Create("prices", ""), "prices", "x")).Receivers == 0);
            await using var connection = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);
            await Eventually.TrueAsync(async () => (string[]?)await connection.GetDatabase().ExecuteAsync("PUBSUB", "CHANNELS", "prices") is []);
        }
    }

    private static async Task<PubSubTestBed> OpenAsync(string protocol = "resp2", TimeProvider? time = null) =>
        new($"{(await RedisServer.SharedAsync()).ConnectionString},protocol={protocol}", time);

    private static ValueTask<int> SettleAsync(IReceiver receiver, params Settlement[] settlements) => receiver.SettleAsync(settlements, CancellationToken.None);

    private static Delivery Sized(int receipt, int bytes) => new() { Frame = new byte[bytes], Receipt = receipt, Channel = "prices" };
}
