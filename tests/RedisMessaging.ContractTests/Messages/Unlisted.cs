namespace RedisMessaging.ContractTests;

/// <summary>A message that <see cref="ContractJson"/> does not know.</summary>
public sealed record Unlisted(int Number, string Text);
