namespace RedisMessaging.ContractTests;

public sealed record Alarm(string Where);
