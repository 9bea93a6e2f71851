namespace RedisMessaging.ContractTests;

public sealed record MoneyDeposited(int Amount) : AccountEvent;
