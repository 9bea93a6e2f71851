namespace RedisMessaging.ContractTests;

/// <summary>A message that others derive from.</summary>
public record Happening(string What) : IHappened;
