namespace RedisMessaging.Load.Scenarios;

/// <summary>What a consumer has to say when it handled everything.</summary>
/// <param name="AllocatedBytes">What it allocated; 0 where it shares the process with who measures.</param>
/// <param name="ClientMicroseconds">Its CPU time; 0 where it shares the process with who measures.</param>
internal sealed record Consumed(double AllocatedBytes, double ClientMicroseconds)
{
    public double P50 { get; init; }

    public double P90 { get; init; }

    public double P99 { get; init; }

    public double P999 { get; init; }
}
