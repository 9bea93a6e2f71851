namespace RedisMessaging.Connections;

/// <summary>Work that nobody waits for any more.</summary>
internal static class Abandoned
{
    /// <summary>Takes note of its error, which is expected: the runtime would report it as one that nobody looked at.</summary>
    public static void Observe(Task task) => task.ContinueWith(
        static task => _ = task.Exception,
        CancellationToken.None,
        TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);
}
