namespace RedisMessaging.ContractTests;

/// <summary>What happened to an account: what its events have in common.</summary>
public abstract record AccountEvent;
