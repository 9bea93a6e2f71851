namespace RedisMessaging.FaultTests;

/// <summary>A theory that needs a server that moves a slot in one step; elsewhere it is skipped, and says which server it needs.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class AtomicMigrationTheoryAttribute : TheoryAttribute
{
    public AtomicMigrationTheoryAttribute() =>
        Skip = RedisCluster.CanMoveSlotsAtOnce ? null : "The server has neither CLUSTER MIGRATION (Redis 8.4) nor CLUSTER MIGRATESLOTS (Valkey 9).";
}
