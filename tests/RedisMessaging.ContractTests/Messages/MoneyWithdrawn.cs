namespace RedisMessaging.ContractTests;

public sealed record MoneyWithdrawn(int Amount) : AccountEvent;
