using Xunit.Abstractions;

[assembly: TestCollectionOrderer("RedisMessaging.ContractTests.Infrastructure.ContractsFirst", "RedisMessaging.ContractTests")]

namespace RedisMessaging.ContractTests.Infrastructure;

/// <summary>Starts the classes that run the whole contract, one test after the other, before the short ones: started last, one of them would run alone at the end.</summary>
public sealed class ContractsFirst : ITestCollectionOrderer
{
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) => testCollections
        .OrderByDescending(collection => IsContract(collection.DisplayName))
        .ThenBy(collection => collection.DisplayName, StringComparer.Ordinal);

    /// <param name="collection">"Test collection for NAMESPACE.CLASS", as xunit calls the collection that a class is by itself.</param>
    private static bool IsContract(string collection)
    {
        var type = typeof(ContractsFirst).Assembly.GetType(collection[(collection.LastIndexOf(' ') + 1)..]);
        return type?.BaseType is { IsGenericType: true } contract && contract.GetGenericTypeDefinition() == typeof(TransportContract<>);
    }
}
