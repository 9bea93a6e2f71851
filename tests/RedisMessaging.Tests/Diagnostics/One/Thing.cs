namespace RedisMessaging.Tests.Diagnostics.One;

/// <summary>Another namespace has a type of this name, too.</summary>
public sealed record Thing(int Number);
