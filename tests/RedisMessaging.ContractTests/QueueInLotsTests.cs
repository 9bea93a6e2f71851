namespace RedisMessaging.ContractTests;

/// <summary>The same where every claim is a lot.</summary>
public sealed class QueueInLotsTests : QueueTests
{
    protected override int? SmallestLot => 1;
}
