namespace RedisMessaging.Consuming.Pausing;

/// <summary>What a <see cref="CircuitBreaker"/> lets through.</summary>
internal enum CircuitState
{
    /// <summary>Everything.</summary>
    Closed,

    /// <summary>Nothing: the consumer is paused.</summary>
    Open,

    /// <summary>One message at a time, until one succeeds or fails in the same way.</summary>
    HalfOpen,
}
