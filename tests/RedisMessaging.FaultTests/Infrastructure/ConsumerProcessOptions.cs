namespace RedisMessaging.FaultTests;

/// <summary>What a <see cref="ConsumerProcess"/> is told on its command line.</summary>
internal sealed record ConsumerProcessOptions
{
    public required string Connection { get; init; }

    public required string Prefix { get; init; }

    public required TransportKind Kind { get; init; }

    public required TimeSpan Lease { get; init; }

    public int Concurrency { get; init; } = 4;

    public int MaxAttempts { get; init; } = 10;

    /// <summary>What handling takes.</summary>
    public TimeSpan Work { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>Once so many handlers have started, each blocks its thread for as long as its work takes; 0 for handlers that block no thread.</summary>
    public int BlocksFrom { get; init; }

    /// <summary>Poison does no harm.</summary>
    public bool IsFixed { get; init; }

    /// <summary>Whatever it is given to call throws: see <see cref="ForeignCode"/>.</summary>
    public bool IsForeign { get; init; }
}
