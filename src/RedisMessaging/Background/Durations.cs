namespace RedisMessaging.Background;

/// <summary>Compares time spans.</summary>
internal static class Durations
{
    /// <summary>The shorter one.</summary>
    public static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
