namespace RedisMessaging.ContractTests;

/// <summary>A reply.</summary>
public sealed record Sum(int Total);
