namespace RedisMessaging.ContractTests;

/// <summary>A test of what becomes of a publish where the server knows repeats (XADD … IDMP); skipped where the redis-server on the PATH does not. Or the other way round.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RepeatFactAttribute : FactAttribute
{
    private bool _without;

    public RepeatFactAttribute() => Skip = RepeatingServer.IsOnPath ? null : "The redis-server on the PATH does not know XADD … IDMP. Redis 8.6 does.";

    /// <summary>For a server that does not know them.</summary>
    public bool Without
    {
        get => _without;
        set
        {
            _without = value;
            Skip = value == RepeatingServer.IsOnPath ? $"The redis-server on the PATH {(value ? "knows" : "does not know")} XADD … IDMP. Redis 8.6 does, Redis 8.0 and Valkey 9.1 do not." : null;
        }
    }
}
