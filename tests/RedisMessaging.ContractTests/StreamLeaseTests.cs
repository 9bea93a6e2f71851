using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.ContractTests;

/// <summary>What becomes of entries whose consumer was silent for longer than its lease, and then goes on.</summary>
public sealed class StreamLeaseTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_renewal_tells_that_a_lease_is_lost_as_often_as_it_is_asked()
    {
        var server = (await RedisServer.SharedAsync()).ConnectionString;
        await using var stream = new OpenTransport(server, UniquePrefix.Create(), TransportKind.Stream, options => ((StreamOptions)options).Lease = TimeSpan.FromSeconds(1));
        await stream.SendAsync("1", "2", "3");
        await using var frozen = await stream.OpenAsync();
        var late = await frozen.ReceiveAsync(3);
        await using var heir = await stream.OpenAsync();
        var taken = await heir.ReceiveAsync(3);
        (await heir.SettleAsync(SettlementKind.Ack, taken.Take(2))).Should().Be(2);

        (await frozen.SettleAsync(SettlementKind.Extend, late)).Should().Be(0, "two are handled by now, and one is another consumer's");
        foreach (var delivery in late)
        {
            (await frozen.SettleAsync(SettlementKind.Extend, delivery)).Should().Be(0, "whoever was told of a batch asks of each");
        }

        (await frozen.SettleAsync(SettlementKind.Ack, late)).Should().Be(0);
        (await heir.SettleAsync(SettlementKind.Ack, taken.Skip(2))).Should().Be(1);
    }

    [Fact]
    public async Task An_ack_whose_answer_was_lost_is_no_lost_group()
    {
        const int entriesOrphaned = 12018;
        using var log = new TestLog(output);
        var server = await RedisServer.SharedAsync();
        await using var link = FaultProxy.Start(server.ConnectionString);
        await using var stream = new OpenTransport(link.ConnectionString, UniquePrefix.Create(), TransportKind.Stream, logger: log, lease: TimeSpan.FromSeconds(4));
        await stream.SendAsync("1", "2");
        await using var receiver = await stream.OpenAsync();
        var held = await receiver.ReceiveAsync(2);
        var cut = link.CutReplies(1, ":2\r\n"u8);
        await FluentActions.Awaiting(() => receiver.SettleAsync(SettlementKind.Ack, held)).Should().ThrowAsync<Exception>("the ack is carried out, and its answer is cut off");
        cut.IsOver.Should().BeTrue();

        await Eventually.TrueAsync(async () => await RenewsAsync(), what: "the leases are renewed once there is a connection");
        // A sweep, of which there are four for each lease, tells of what was lost.
        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(2.5));
        await FluentActions.Awaiting(() => receiver.ReceiveAsync(new Delivery[1], enough.Token).AsTask()).Should().ThrowAsync<OperationCanceledException>();

        log.Lines.Should().NotContain(line => line.Id == entriesOrphaned, "they were acked, and nothing else happened");
        (await receiver.SettleAsync(SettlementKind.Ack, held)).Should().Be(0, "that was done");

        async Task<bool> RenewsAsync()
        {
            try
            {
                return await receiver.SettleAsync(SettlementKind.Extend, held) == 2;
            }
            catch (Exception error) when (error is not Xunit.Sdk.XunitException)
            {
                return false;
            }
        }
    }
}
