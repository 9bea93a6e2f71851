namespace RedisMessaging.ContractTests;

public sealed class StreamDeletingOnAck(ITestOutputHelper output) : TransportContract<StreamDeletingOnAckFixture>("resp2", output);
