namespace RedisMessaging.ContractTests;

public sealed class PubSubOverResp2(ITestOutputHelper output) : TransportContract<PubSubFixture>("resp2", output);
