namespace RedisMessaging.Bus.Stopping;

/// <summary>
/// Lets handlers stop consumers, their own included. Such a stop waits for all handlers but for its own and for those that wait for its
/// own: two handlers that dispose each other's subscriptions would wait for ever. What is left to do, settling and closing, follows when
/// the handler has ended.
/// </summary>
internal static class StopWaits
{
    private static readonly Lock Sync = new();
    private static readonly List<StopWait> Waits = [];
    private static TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private static int _count;

    /// <summary>Waits for a stop, as far as the caller may.</summary>
    /// <param name="stopped">The handlers of the consumers that stop.</param>
    /// <param name="stopping">The whole stop.</param>
    public static Task WaitAsync(IReadOnlyCollection<RunningHandlers> stopped, Task stopping) =>
        RunningHandler.Current is { } caller && !stopping.IsCompleted
        ? UntilIdleAsync(new StopWait(caller, stopped), stopping)
        : stopping;

    /// <summary>Waits until no handler runs any more, or the whole stop is over.</summary>
    public static Task UntilIdleAsync(IReadOnlyCollection<RunningHandlers> stopped, Task stopping) =>
        UntilIdleAsync(new StopWait(null, stopped), stopping);

    /// <summary>A handler has ended, or none is started any more.</summary>
    public static void NoteChange()
    {
        if (Volatile.Read(ref _count) > 0)
        {
            lock (Sync)
            {
                Change();
            }
        }
    }

    private static async Task UntilIdleAsync(StopWait wait, Task stopping)
    {
        lock (Sync)
        {
            Waits.Add(wait);
            Volatile.Write(ref _count, Waits.Count);
            Change();
        }

        try
        {
            while (!stopping.IsCompleted)
            {
                Task changed;
                lock (Sync)
                {
                    if (!MustWait(wait))
                    {
                        return;
                    }

                    changed = _changed.Task;
                }

                await Task.WhenAny(stopping, changed).ConfigureAwait(false);
            }
        }
        finally
        {
            lock (Sync)
            {
                Waits.Remove(wait);
                Volatile.Write(ref _count, Waits.Count);
                Change();
            }
        }

        await stopping.ConfigureAwait(false);
    }

    private static void Change()
    {
        var former = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        former.SetResult();
    }

    private static bool MustWait(StopWait wait)
    {
        if (wait.Stopped.Any(handlers => !handlers.IsClosed))
        {
            return true;
        }

        var running = wait.Stopped.Sum(handlers => handlers.Messages);
        return running - WaitingFor(wait.Caller).Where(
            handling => !handling.HasEnded && wait.IsFor(handling)).Sum(handling => handling.Messages) > 0;
    }

    /// <summary>A handler, and all that wait for it: directly, or for one that does.</summary>
    private static HashSet<RunningHandler> WaitingFor(RunningHandler? handling)
    {
        var found = new HashSet<RunningHandler>();
        if (handling is not null)
        {
            found.Add(handling);
        }

        int before;
        do
        {
            before = found.Count;
            foreach (var wait in Waits)
            {
                if (wait.Caller is { } caller && found.Any(wait.IsFor))
                {
                    found.Add(caller);
                }
            }
        }
        while (found.Count > before);
        return found;
    }
}
