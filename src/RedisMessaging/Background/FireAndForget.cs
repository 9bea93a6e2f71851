namespace RedisMessaging.Background;

/// <summary>Work that nobody waits for any more.</summary>
internal static class FireAndForget
{
    /// <summary>
    /// Takes note of its error, which is expected: the runtime would report it as unobserved. Keeps nothing of the caller's context.
    /// </summary>
    public static void Observe(Task task)
    {
        if (!task.IsCompleted)
        {
            task.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(() => _ = task.Exception);
            return;
        }

        _ = task.Exception;
    }
}
