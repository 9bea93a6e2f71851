using RedisMessaging.Transports;

namespace RedisMessaging.ContractTests;

/// <summary>What becomes of entries whose consumer was silent for longer than its lease, and then goes on.</summary>
public sealed class StreamLeaseTests
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
        (await heir.SettleAsync(Verdict.Ack, taken.Take(2))).Should().Be(2);

        (await frozen.SettleAsync(Verdict.Extend, late)).Should().Be(0, "two are handled by now, and one is another consumer's");
        foreach (var delivery in late)
        {
            (await frozen.SettleAsync(Verdict.Extend, delivery)).Should().Be(0, "whoever was told of a batch asks of each");
        }

        (await frozen.SettleAsync(Verdict.Ack, late)).Should().Be(0);
        (await heir.SettleAsync(Verdict.Ack, taken.Skip(2))).Should().Be(1);
    }
}
