namespace RedisMessaging.ContractTests;

public sealed class PubSubSharded(ITestOutputHelper output) : TransportContract<PubSubShardedFixture>("resp3", output);
