namespace RedisMessaging.ContractTests;

public sealed class PubSubKeepingDeadLetters(ITestOutputHelper output) : TransportContract<PubSubKeepingDeadLettersFixture>("resp3", output);
