namespace RedisMessaging.ContractTests;

public sealed class QueueInLots(ITestOutputHelper output) : TransportContract<QueueInLotsFixture>("resp3", output);
