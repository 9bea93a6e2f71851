namespace RedisMessaging.ContractTests;

public sealed class StreamOverResp3(ITestOutputHelper output) : TransportContract<StreamFixture>("resp3", output);
