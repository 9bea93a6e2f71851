using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>What only lots can get wrong: messages that a queue's consumer claimed together, in a list of their own.</summary>
public sealed class LotTests : IAsyncLifetime
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);

    private OpenTransport _queue = null!;

    public async Task InitializeAsync() => _queue = Open((await RedisServer.SharedAsync()).ConnectionString, smallestLot: 1);

    public async Task DisposeAsync() => await _queue.DisposeAsync();

    [Fact]
    public async Task Acked_in_any_order_it_leaves_nothing_behind()
    {
        await _queue.SendAsync("1", "2", "3", "4", "5");
        await using var receiver = await _queue.OpenAsync();
        var held = await receiver.ReceiveAsync(5);
        (await KeysOfLotsAsync()).Should().HaveCount(2, "the lot's list, and the hash of lots");

        (await receiver.SettleAsync(SettlementKind.Ack, held[3], held[1])).Should().Be(2);
        (await receiver.SettleAsync(SettlementKind.Ack, held[3])).Should().Be(0, "a message is acked once");
        (await receiver.SettleAsync(SettlementKind.Extend, held[0], held[2], held[4])).Should().Be(3);
        (await receiver.SettleAsync(SettlementKind.Ack, held[0])).Should().Be(1);
        (await receiver.SettleAsync(SettlementKind.Ack, held[4], held[2])).Should().Be(2);

        (await KeysOfLotsAsync()).Should().BeEmpty();
        (await _queue.DeleteDrainedAsync()).Should().BeTrue();
    }

    [Fact]
    public async Task Acks_of_one_lot_that_overlap_leave_nothing_behind()
    {
        for (var round = 0; round < 20; round++)
        {
            await _queue.SendAsync([.. Enumerable.Range(0, 40).Select(number => $"{number}")]);
            await using var receiver = await _queue.OpenAsync();
            var held = await receiver.ReceiveAsync(40);

            var owned = await Task.WhenAll(held.Chunk(3).Reverse().Select(some => Task.Run(() => receiver.SettleAsync(SettlementKind.Ack, some))));

            owned.Sum().Should().Be(40);
            (await KeysOfLotsAsync()).Should().BeEmpty();
        }
    }

    [Fact]
    public async Task Every_verdict_can_be_on_one_of_its_messages()
    {
        await _queue.SendAsync("acked", "retried", "released", "dead", "later", "started", "kept");
        await using var receiver = await _queue.OpenAsync();
        var held = await receiver.ReceiveAsync(7);

        var settled = await receiver.SettleAsync(
            new[]
            {
                new Settlement(held[0], SettlementKind.Ack),
                new Settlement(held[1], SettlementKind.Retry, 1),
                new Settlement(held[2], SettlementKind.Release),
                new Settlement(held[3], SettlementKind.DeadLetter, 1, "undecodable", "because"),
                new Settlement(held[4], SettlementKind.Retry, 1) { Delay = TimeSpan.FromHours(1) },
                new Settlement(held[5], SettlementKind.Start, 1),
                new Settlement(held[6], SettlementKind.Extend),
            },
            CancellationToken.None);

        settled.Should().Be(7);
        (await _queue.Database.ListRangeAsync(_queue.Keys["queue"])).Select(element => (string?)element).Should().Equal("rm~1\nretried", "released");
        (await _queue.Database.StreamRangeAsync(_queue.Keys.DeadLetters)).Should().ContainSingle().Which["m"].Should().Be("dead");
        (await _queue.Database.HashValuesAsync(_queue.Keys["queue:retries:messages"])).Select(message => (string?)message).Should().Equal("rm~1\nlater");
        (await receiver.SettleAsync(SettlementKind.Ack, held[5], held[6])).Should().Be(2);
        (await KeysOfLotsAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task Of_a_dead_consumers_lots_comes_back_what_was_not_settled()
    {
        await _queue.SendAsync([.. Enumerable.Range(1, 9).Select(number => $"{number}")]);
        var dead = await _queue.OpenAsync();
        var held = await dead.ReceiveAsync(3);
        held.AddRange(await dead.ReceiveAsync(3));
        await dead.SettleAsync(SettlementKind.Ack, held[0], held[4]);
        await dead.SettleAsync(SettlementKind.Start, held[2]);

        await using var heir = await _queue.OpenAsync();
        var received = (await heir.ReceiveAsync(3)).ToList();
        received.Select(delivery => delivery.Text()).Should().Equal("7", "8", "9");
        received.AddRange(await heir.ReceiveAsync(4));

        received.Skip(3).Select(delivery => delivery.Text()).Should().Equal("2", "3", "4", "6");
        received.Skip(3).Should().OnlyContain(delivery => delivery.Redelivered);
        received.Select(delivery => delivery.Starts).Should().Equal(0, 0, 0, 0, 1, 0, 0);
        (await dead.SettleAsync(SettlementKind.Ack, held[5])).Should().Be(0, "it is another one's");
        (await heir.SettleAsync(SettlementKind.Ack, received)).Should().Be(7);
        (await KeysOfLotsAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task One_whose_reply_was_lost_is_found_again_also_by_a_consumer_with_little_room()
    {
        await using var receiver = await _queue.OpenAsync();
        // As if a claim's reply had been cut on the wire: it is ours on the server, and never arrived.
        await _queue.Database.ListLeftPushAsync(_queue.Keys["queue:claimed-batch:consumer-1:1000"], ["1", "2", "3"]);
        await _queue.Database.HashSetAsync(_queue.Keys["queue:claimed-batches:consumer-1"], 1000, 3);

        var found = await receiver.ReceiveAsync(2);
        found.AddRange(await receiver.ReceiveAsync(1));

        found.Select(delivery => delivery.Text()).Should().Equal("1", "2", "3");
        (await receiver.SettleAsync(SettlementKind.Ack, found)).Should().Be(3);
        (await KeysOfLotsAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task One_whose_list_somebody_deleted_is_not_ours_any_more()
    {
        await _queue.SendAsync("1", "2");
        await using var receiver = await _queue.OpenAsync();
        var held = await receiver.ReceiveAsync(2);
        await _queue.Database.KeyDeleteAsync(_queue.Keys["queue:claimed-batch:consumer-1:1"]);

        (await receiver.SettleAsync(SettlementKind.Ack, held[0])).Should().Be(0);
        (await receiver.SettleAsync(SettlementKind.Retry, held[1])).Should().Be(0);

        (await KeysOfLotsAsync()).Should().BeEmpty();
        await _queue.SendAsync("after");
        (await receiver.ReceiveAsync(1)).Single().Text().Should().Be("after");
    }

    [Fact]
    public async Task What_is_claimed_counts_as_unhandled_and_what_is_settled_does_not()
    {
        await _queue.SendAsync("1", "2", "3");
        await using var receiver = await _queue.OpenAsync();
        var held = await receiver.ReceiveAsync(3);
        await receiver.SettleAsync(SettlementKind.Ack, held[1]);

        (await _queue.CountUnhandledAsync()).Should().Be(2);

        (await _queue.DeleteDrainedAsync()).Should().BeFalse();
        (await receiver.SettleAsync(SettlementKind.Ack, held[0], held[2])).Should().Be(2);
    }

    [Fact]
    public async Task Few_small_messages_are_no_lot_and_large_ones_and_many_are()
    {
        await using var queue = Open((await RedisServer.SharedAsync()).ConnectionString, smallestLot: null);
        await using var receiver = await queue.OpenAsync();
        string[] Numbered(int count, int size) => [.. Enumerable.Range(0, count).Select(number => $"{number:D3}{new string('x', size)}")];

        (await ReceiveAsync(3, 100)).Should().Be(0);
        (await ReceiveAsync(50, 100)).Should().Be(2);
        // What the last claim held tells how large messages are.
        await ReceiveAsync(1, 20_000);
        (await ReceiveAsync(1, 20_000)).Should().Be(2);
        await ReceiveAsync(3, 100);
        (await ReceiveAsync(3, 100)).Should().Be(0);

        async Task<int> ReceiveAsync(int count, int size)
        {
            var sent = Numbered(count, size);
            await queue.SendAsync(sent);
            var held = await receiver.ReceiveAsync(count);
            held.Select(delivery => delivery.Text()).Should().Equal(sent);
            var lots = await KeysOfLotsAsync(queue);
            (await receiver.SettleAsync(SettlementKind.Ack, held)).Should().Be(count);
            (await KeysOfLotsAsync(queue)).Should().BeEmpty();
            return lots.Count;
        }
    }

    [Fact]
    public async Task Large_and_small_messages_come_in_order_whole_and_once()
    {
        await using var queue = Open((await RedisServer.SharedAsync()).ConnectionString, smallestLot: null);
        var sizes = new[] { 1, 100, 5_000, 20, 70_000, 9_000, 300 };
        var sent = Enumerable.Range(0, 1_000).Select(number => $"{number}:{new string('x', sizes[number % sizes.Length])}").ToArray();
        await queue.SendAsync(sent);
        await using var receiver = await queue.OpenAsync();
        var received = new List<string>();

        for (var turn = 1; received.Count < sent.Length; turn++)
        {
            var held = await receiver.ReceiveAsync(Math.Min(1 + (turn * 7 % 40), sent.Length - received.Count));
            received.AddRange(held.Select(delivery => delivery.Text()));
            (await receiver.SettleAsync(SettlementKind.Ack, held)).Should().Be(held.Count);
        }

        received.Should().Equal(sent);
        (await KeysOfLotsAsync(queue)).Should().BeEmpty();
    }

    [Fact]
    public async Task The_inbox_remembers_what_was_acked_and_not_what_was_not_ours()
    {
        await _queue.SendAsync("1", "2", "3");
        var receiver = await _queue.OpenAsync(inboxWindow: TimeSpan.FromMinutes(1));
        var held = await receiver.ReceiveAsync(3);

        (await receiver.SettleAsync(new[] { Handled(1), Handled(0) }, CancellationToken.None)).Should().Be(2);
        await _queue.Database.KeyDeleteAsync(_queue.Keys["queue:claimed-batch:consumer-1:1"]);
        (await receiver.SettleAsync(new[] { Handled(2) }, CancellationToken.None)).Should().Be(0);

        (await _queue.Database.SortedSetRangeByRankAsync(_queue.Keys.Inbox("group"))).Select(id => (string?)id).Should().BeEquivalentTo("id-0", "id-1");
        await receiver.DisposeAsync();

        Settlement Handled(int index) => new(held[index], SettlementKind.Ack) { HandledId = $"id-{index}" };
    }

    [Fact]
    public async Task It_survives_a_server_that_is_killed()
    {
        await using var server = await RedisServer.StartPrivateAsync(appendOnly: true);
        await using var queue = Open(server.ConnectionString, smallestLot: 1);
        await queue.SendAsync([.. Enumerable.Range(0, 20).Select(number => $"{number}:{new string('x', 5_000)}")]);
        await using var receiver = await queue.OpenAsync();
        var held = await receiver.ReceiveAsync(10);
        (await receiver.SettleAsync(SettlementKind.Ack, held[0], held[5])).Should().Be(2);

        await server.RestartAsync();

        await Eventually.TrueAsync(async () =>
        {
            try
            {
                return await receiver.SettleAsync(SettlementKind.Extend, held[1]) == 1;
            }
            catch (Exception error) when (error is RedisException or TimeoutException)
            {
                return false;
            }
        });
        (await receiver.SettleAsync(SettlementKind.Ack, held.Where((_, index) => index is not (0 or 5)))).Should().Be(8, "what was in hand still is");
        (await receiver.ReceiveAsync(10)).Select(delivery => delivery.Text()[..3]).Should().Equal(Enumerable.Range(10, 10).Select(number => $"{number}:"));
    }

    [Fact]
    public async Task It_works_on_a_cluster()
    {
        await using var cluster = await RedisCluster.StartAsync(replicas: false);
        await using var queue = Open(cluster.ConnectionString, smallestLot: 1);
        await queue.SendAsync("1", "2", "3", "4");
        await using var receiver = await queue.OpenAsync();
        // Two calls: one that leaves some in the queue, one that takes the rest.
        var held = await receiver.ReceiveAsync(3);
        held.AddRange(await receiver.ReceiveAsync(1));

        (await receiver.SettleAsync(SettlementKind.Retry, held[0])).Should().Be(1);
        (await receiver.SettleAsync(SettlementKind.Ack, held.Skip(1))).Should().Be(3);

        held.Select(delivery => delivery.Text()).Should().Equal("1", "2", "3", "4");
        (await receiver.ReceiveAsync(1)).Single().Starts.Should().Be(1);
    }

    private static OpenTransport Open(string connectionString, int? smallestLot) => new(
        connectionString,
        UniquePrefix.Create(),
        TransportKind.Queue,
        options => (((QueueOptions)options).Lease, ((QueueOptions)options).SmallestLot) = (Lease, smallestLot));

    private Task<List<string>> KeysOfLotsAsync() => KeysOfLotsAsync(_queue);

    private static async Task<List<string>> KeysOfLotsAsync(OpenTransport queue)
    {
        var keys = new List<string>();
        await foreach (var key in queue.Database.Multiplexer.GetServers()[0].KeysAsync(pattern: queue.Keys.Start + "queue:claimed-batch*"))
        {
            keys.Add(key!);
        }

        return keys;
    }
}
