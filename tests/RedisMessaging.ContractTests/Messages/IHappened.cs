namespace RedisMessaging.ContractTests;

/// <summary>What messages of several types have in common.</summary>
public interface IHappened
{
    string What { get; }
}
