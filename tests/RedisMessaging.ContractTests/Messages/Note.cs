namespace RedisMessaging.ContractTests;

public sealed record Note(string Text, int Number = 0);
