namespace RedisMessaging.FaultTests;

/// <summary>Large messages over an ordinary link, in a size that takes seconds.</summary>
public sealed class LargeMessageRows(ITestOutputHelper output) : LargeMessageTest(output)
{
    /// <summary>All of them were one reply that took 12 s, and was thrown away after 5 s, again and again.</summary>
    [Theory]
    [MemberData(nameof(Durable))]
    public Task Row_34_large_messages_over_a_slow_link(TransportKind kind) => DrainAsync(kind, count: 100, bytes: 512 << 10, perSecond: 4 << 20, cuts: 0);

    [Theory]
    [MemberData(nameof(Durable))]
    public Task Row_34_large_messages_over_a_link_that_is_cut(TransportKind kind) => DrainAsync(kind, count: 12, bytes: 4 << 20, perSecond: 5 << 20, cuts: 2);
}
