namespace RedisMessaging.ContractTests;

public sealed class StreamOverResp2(ITestOutputHelper output) : TransportContract<StreamFixture>("resp2", output);
