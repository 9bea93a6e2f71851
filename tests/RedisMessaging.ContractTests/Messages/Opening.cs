namespace RedisMessaging.ContractTests;

/// <summary>A message with more than its base class has.</summary>
public sealed record Opening(string What, string By) : Happening(What);
