namespace RedisMessaging.ContractTests;

public sealed record AccountOpened(string Owner) : AccountEvent;
