namespace RedisMessaging.ContractTests;

public sealed record Bicycle(int Wheels, bool HasBell) : Vehicle(Wheels);
