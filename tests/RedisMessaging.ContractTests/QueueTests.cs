using System.Text;
using RedisMessaging.Transports.Contracts;
using RedisMessaging.Transports.Queue;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>What a queue's claims hold against: consumers that die, replies that get lost, a server that is full.</summary>
public class QueueTests : IAsyncLifetime
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);

    private OpenTransport _queue = null!;

    /// <summary>From how many messages on a claim is a lot.</summary>
    protected virtual int? SmallestLot => null;

    public async Task InitializeAsync() =>
        _queue = Open((await RedisServer.SharedAsync()).ConnectionString);

    public async Task DisposeAsync() => await _queue.DisposeAsync();

    [Fact]
    public async Task What_a_dead_consumer_held_comes_back_in_its_old_order_ahead_of_the_rest()
    {
        await _queue.SendAsync("1", "2", "3", "4", "5");
        var dead = await _queue.OpenAsync();
        (await dead.ReceiveAsync(3)).Select(delivery => delivery.Text()).Should().Equal("1", "2", "3");

        await using var heir = await _queue.OpenAsync();
        var rest = await heir.ReceiveAsync(2);
        await heir.SettleAsync(SettlementKind.Release, rest);
        var received = new List<Delivery>();
        await Eventually.TrueAsync(async () => await ReleaseUnlessRedeliveredAsync(heir, received), what: "the dead consumer's messages come back");

        received.Select(delivery => delivery.Text()).Should().Equal("1", "2", "3");
        received.Should().OnlyContain(delivery => delivery.Redelivered, "nobody knows which of them killed the consumer");
        (await heir.ReceiveAsync(2)).Select(delivery => delivery.Text()).Should().Equal("4", "5");
    }

    [Fact]
    public async Task A_late_ack_is_refused()
    {
        await _queue.SendAsync("slow");
        var frozen = await _queue.OpenAsync();
        var late = await frozen.ReceiveAsync(1);
        await using var heir = await _queue.OpenAsync();
        var again = await heir.ReceiveAsync(1);

        (await frozen.SettleAsync(SettlementKind.Ack, late)).Should().Be(0);
        (await frozen.SettleAsync(SettlementKind.Extend, late)).Should().Be(0);
        (await frozen.SettleAsync(SettlementKind.Retry, late)).Should().Be(0, "it would be doubled");
        (await heir.SettleAsync(SettlementKind.Ack, again)).Should().Be(1);
        (await heir.SettleAsync(SettlementKind.Ack, again)).Should().Be(0, "a message is acked once");
    }

    /// <summary>Renewals go over a connection and a thread of their own: beside them a message may become a claim of its own, which the process does not know yet.</summary>
    [Fact]
    public async Task What_leaves_its_lot_while_its_lease_is_renewed_is_still_ours()
    {
        await _queue.SendAsync("1", "2");
        await using var consumer = await _queue.OpenAsync();
        var held = await consumer.ReceiveAsync(2);

        await UnpackLotsAsync();

        (await consumer.SettleAsync(SettlementKind.Extend, held)).Should().Be(2);
        (await consumer.SettleAsync(SettlementKind.Extend, held[..1])).Should().Be(1);
    }

    [Fact]
    public async Task What_is_dropped_as_lost_and_is_in_the_claims_all_the_same_is_handed_out_again()
    {
        await _queue.SendAsync("1");
        await using var consumer = await _queue.OpenAsync();
        var held = (await consumer.ReceiveAsync(1)).Single();
        await UnpackLotsAsync();
        var claims = new QueueKeys(_queue.Keys).Claims("consumer-1");
        var claim = (await _queue.Database.HashGetAllAsync(claims)).Single();
        await _queue.Database.HashDeleteAsync(claims, claim.Name);
        (await consumer.SettleAsync(SettlementKind.Extend, held)).Should().Be(0);

        await _queue.Database.HashSetAsync(claims, [claim]);

        (await consumer.ReceiveAsync(1)).Single().Text().Should().Be("1");
    }

    /// <summary>Makes messages of lots claims like all others, as the process does for whatever becomes of them but an ack.</summary>
    private async Task UnpackLotsAsync()
    {
        var keys = new QueueKeys(_queue.Keys);
        foreach (var lot in await _queue.Database.HashKeysAsync(keys.ClaimedBatches("consumer-1")))
        {
            var list = keys.ClaimedBatchLists("consumer-1").Append((string)lot!);
            await _queue.Database.ScriptEvaluateAsync(QueueScripts.UnpackBatch, [keys.Claims("consumer-1"), keys.ClaimedBatches("consumer-1"), list], [lot]);
        }
    }

    [Fact]
    public async Task A_recorded_start_survives_the_consumer_that_recorded_it()
    {
        await _queue.SendAsync("poison");
        var first = await _queue.OpenAsync();
        await first.ReceiveAsync(1);
        var second = await _queue.OpenAsync();
        var redelivered = (await second.ReceiveAsync(1)).Single();
        redelivered.Starts.Should().Be(0, "the first consumer had no reason to record its start");
        await second.SettleAsync(SettlementKind.Start, redelivered);

        await using var third = await _queue.OpenAsync();
        var again = (await third.ReceiveAsync(1)).Single();

        again.Starts.Should().Be(1);
        again.Redelivered.Should().BeTrue();
        again.Text().Should().Be("poison");
    }

    [Fact]
    public async Task A_retried_message_goes_to_the_end_and_a_released_one_to_the_front()
    {
        await _queue.SendAsync("1", "2", "3", "4");
        await using var receiver = await _queue.OpenAsync();
        var held = await receiver.ReceiveAsync(3);
        await receiver.SettleAsync(SettlementKind.Retry, held[0]);
        (await receiver.SettleAsync(new[] { new Settlement(held[1], SettlementKind.Release), new Settlement(held[2], SettlementKind.Release) }, CancellationToken.None)).Should().Be(2);

        var received = await receiver.ReceiveAsync(4);

        received.Select(delivery => delivery.Text()).Should().Equal("2", "3", "4", "1");
        received.Select(delivery => delivery.Starts).Should().Equal(0, 0, 0, 1);
        received.Should().OnlyContain(delivery => !delivery.Redelivered);
    }

    [Fact]
    public async Task A_claim_whose_reply_was_lost_is_found_again()
    {
        await _queue.SendAsync("seen");
        await using var receiver = await _queue.OpenAsync();
        var seen = await receiver.ReceiveAsync(1);

        // As if a claim's reply had been cut on the wire: it is ours on the server, and never arrived.
        await _queue.Database.HashSetAsync(_queue.Keys["queue:claims:consumer-1"], 1_000_000, "unseen");

        var found = await receiver.ReceiveAsync(1);
        found.Single().Text().Should().Be("unseen");
        (await receiver.SettleAsync(SettlementKind.Ack, [.. seen, .. found])).Should().Be(2);
    }

    [Fact]
    public async Task What_a_dead_consumers_parked_BLMOVE_still_received_is_not_lost()
    {
        var dead = await _queue.OpenAsync();
        await _queue.SendAsync("1");
        await dead.SettleAsync(SettlementKind.Ack, await dead.ReceiveAsync(1));
        // Its BLMOVE is parked on the server after its process is gone, and takes one more.
        await _queue.Database.ListLeftPushAsync(_queue.Keys["queue:blocked-pops:consumer-1"], "parked");

        await using var heir = await _queue.OpenAsync();
        (await heir.ReceiveAsync(1)).Single().Text().Should().Be("parked");
        await _queue.Database.ListLeftPushAsync(_queue.Keys["queue:blocked-pops:consumer-1"], "parked later");
        (await heir.ReceiveAsync(1)).Single().Text().Should().Be("parked later", "the registration outlives the consumer");
    }

    [Fact]
    public async Task A_consumer_that_stops_leaves_nothing_behind()
    {
        await _queue.SendAsync("1", "2", "3");
        var receiver = await _queue.OpenAsync();
        await receiver.ReceiveAsync(2);

        await receiver.DisposeAsync();

        (await _queue.Database.KeyExistsAsync(_queue.Keys["queue:consumers"])).Should().BeFalse();
        (await _queue.Database.KeyExistsAsync(_queue.Keys["queue:claims:consumer-1"])).Should().BeFalse();
        await using var next = await _queue.OpenAsync();
        (await next.ReceiveAsync(3)).Select(delivery => delivery.Text()).Should().Equal("1", "2", "3");
    }

    [Fact]
    public async Task Dead_letters_keep_the_frame_and_the_reason_and_are_capped()
    {
        var server = (await RedisServer.SharedAsync()).ConnectionString;
        await using var capped = new OpenTransport(server, UniquePrefix.Create(), TransportKind.Queue, options => options.DeadLetterLimit = 2);
        await capped.SendAsync("1", "2", "3");
        await using var receiver = await capped.OpenAsync();

        foreach (var delivery in await receiver.ReceiveAsync(3))
        {
            await receiver.SettleAsync(new[] { new Settlement(delivery, SettlementKind.DeadLetter, 1, "undecodable", "because") }, CancellationToken.None);
        }

        var kept = await capped.Database.StreamRangeAsync(capped.Keys.DeadLetters);
        kept.Select(entry => (string?)entry["m"]).Should().Equal("2", "3");
        kept.Should().OnlyContain(entry => entry["reason"] == "undecodable" && entry["detail"] == "because" && entry["group"] == "group" && entry["topic"] == "topic" && entry["starts"] == 1);
        (await capped.Database.KeyExistsAsync(capped.Keys["queue:claims:consumer-1"])).Should().BeFalse();
    }

    [Fact]
    public async Task A_full_server_is_drained()
    {
        await using var server = await RedisServer.StartPrivateAsync();
        await using var queue = Open(server.ConnectionString);
        await queue.SendAsync([.. Enumerable.Range(0, 500).Select(number => $"{number}")]);
        await using var admin = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString + ",allowAdmin=true");
        await admin.GetServers()[0].ConfigSetAsync("maxmemory", "1mb");

        await using var receiver = await queue.OpenAsync();
        var received = await receiver.ReceiveAsync(500);
        (await receiver.SettleAsync(SettlementKind.Retry, received.Take(10))).Should().Be(10, "what failed can be given back");
        (await receiver.SettleAsync(SettlementKind.Ack, received.Skip(10))).Should().Be(490);

        received.Select(delivery => delivery.Text()).Should().Equal(Enumerable.Range(0, 500).Select(number => $"{number}"));
        await ((Func<Task>)(() => queue.Database.ListLeftPushAsync(queue.Keys["queue"], "more"))).Should().ThrowAsync<RedisServerException>("the server is full");
    }

    [Fact]
    public async Task A_newer_layout_is_refused()
    {
        await (await _queue.OpenAsync()).DisposeAsync();
        await _queue.Database.StringSetAsync(_queue.Keys["queue:layout"], 3);

        var opening = async () => await _queue.OpenAsync();

        await opening.Should().ThrowAsync<RedisMessagingConfigurationException>().WithMessage("*'topic'*layout 3*Upgrade*");
    }

    [Fact]
    public async Task At_most_once_hands_out_and_forgets_and_pushes_back_what_failed()
    {
        var server = (await RedisServer.SharedAsync()).ConnectionString;
        await using var fast = new OpenTransport(server, UniquePrefix.Create(), TransportKind.Queue, options => ((QueueOptions)options).Delivery = QueueDelivery.AtMostOnce);
        await fast.SendAsync("1", "2", "3");
        await using var receiver = await fast.OpenAsync();
        var held = await receiver.ReceiveAsync(3);
        (await fast.Database.ListLengthAsync(fast.Keys["queue"])).Should().Be(0, "nothing is kept of what was handed out");

        await receiver.SettleAsync(SettlementKind.Ack, held[0]);
        await receiver.SettleAsync(SettlementKind.Retry, held[1]);
        var again = (await receiver.ReceiveAsync(1)).Single();

        again.Text().Should().Be("2");
        again.Starts.Should().Be(1);
    }

    [Fact]
    public async Task Bodies_that_look_like_a_mark_stay_whole()
    {
        await _queue.SendAsync("rm~x\nnot a mark", "plain\nrm~3\n", "rm");
        await using var receiver = await _queue.OpenAsync();
        var held = await receiver.ReceiveAsync(3);
        await receiver.SettleAsync(SettlementKind.Retry, held);

        var again = await receiver.ReceiveAsync(3);

        again.Select(delivery => Encoding.UTF8.GetString(delivery.Frame.Span)).Should().Equal("rm~x\nnot a mark", "plain\nrm~3\n", "rm");
    }

    private OpenTransport Open(string connectionString) => new(
        connectionString,
        UniquePrefix.Create(),
        TransportKind.Queue,
        options => (((QueueOptions)options).Lease, ((QueueOptions)options).SmallestLot) = (Lease, SmallestLot));

    /// <summary>Gives back what is not a dead consumer's until the reaper was there.</summary>
    private static async Task<bool> ReleaseUnlessRedeliveredAsync(IReceiver receiver, List<Delivery> redelivered)
    {
        foreach (var delivery in await receiver.ReceiveAsync(1))
        {
            if (delivery.Redelivered)
            {
                redelivered.Add(delivery);
            }
            else
            {
                await receiver.SettleAsync(new[] { new Settlement(delivery, SettlementKind.Release) }, CancellationToken.None);
            }
        }

        return redelivered.Count == 3;
    }
}
