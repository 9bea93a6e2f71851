namespace RedisMessaging.FaultTests;

/// <summary>What takes longer than CI, one after the other: each starts several servers and processes, and wants the machine for itself.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ChaosRows
{
    public const string Name = "Chaos";
}
