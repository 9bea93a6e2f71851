namespace RedisMessaging.FaultTests;

/// <summary>The same in full size: 1 GB over a link of 5 MB/s takes more than three minutes.</summary>
[Trait("Category", ChaosRows.Name)]
[Collection(ChaosRows.Name)]
public sealed class LargeMessageChaosRows(ITestOutputHelper output) : LargeMessageTest(output)
{
    [Theory]
    [MemberData(nameof(Durable))]
    public Task Row_34_a_gigabyte_over_a_slow_link(TransportKind kind) => DrainAsync(kind, count: 250, bytes: 4 << 20, perSecond: 5_000_000, cuts: 0);
}
