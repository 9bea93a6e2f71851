namespace RedisMessaging.Background;

/// <summary>Something that is done once, such as closing: every caller, at the same time or later, waits for the same end.</summary>
internal sealed class OneTime
{
    private readonly Lock _lock = new();
    private Task? _running;

    /// <summary>It was asked for.</summary>
    public bool HasBegun => Volatile.Read(ref _running) is not null;

    public Task RunAsync(Func<Task> run)
    {
        TaskCompletionSource done;
        lock (_lock)
        {
            if (_running is not null)
            {
                return _running;
            }

            done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _running = done.Task;
        }

        // Outside of the lock: what runs may ask for it, too.
        _ = CompleteAsync(run, done);
        return done.Task;
    }

    private static async Task CompleteAsync(Func<Task> run, TaskCompletionSource done)
    {
        try
        {
            await run().ConfigureAwait(false);
            done.SetResult();
        }
        catch (Exception error)
        {
            done.SetException(error);
        }
    }
}
