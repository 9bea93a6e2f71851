namespace RedisMessaging.ContractTests;

public sealed class QueueOverResp3(ITestOutputHelper output) : TransportContract<QueueFixture>("resp3", output);
