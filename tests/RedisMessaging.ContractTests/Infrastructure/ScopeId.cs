namespace RedisMessaging.ContractTests;

/// <summary>Tells DI scopes apart.</summary>
internal sealed class ScopeId
{
    public Guid Value { get; } = Guid.NewGuid();

    public Guid SeenByFilter { get; set; }
}
