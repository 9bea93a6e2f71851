namespace RedisMessaging.FaultTests;

/// <summary>How the publishers of a run go about it.</summary>
internal enum Pace
{
    /// <summary>One message after the other.</summary>
    Free,

    /// <summary>With pauses: load while a fault lasts, that does not grow with how long it lasts.</summary>
    Slow,

    /// <summary>No more.</summary>
    Stopped,
}
