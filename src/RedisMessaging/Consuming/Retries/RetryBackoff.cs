namespace RedisMessaging;

/// <summary>How the wait before another attempt grows.</summary>
public enum RetryBackoff
{
    /// <summary>Doubles with every attempt, up to <see cref="RetryOptions.MaxDelay"/>.</summary>
    Exponential,

    /// <summary>Stays the same.</summary>
    Fixed,
}
