namespace RedisMessaging.ContractTests;

public sealed class QueueOverResp2(ITestOutputHelper output) : TransportContract<QueueFixture>("resp2", output);
