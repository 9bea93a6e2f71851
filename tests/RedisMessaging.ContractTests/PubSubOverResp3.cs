namespace RedisMessaging.ContractTests;

public sealed class PubSubOverResp3(ITestOutputHelper output) : TransportContract<PubSubFixture>("resp3", output);
