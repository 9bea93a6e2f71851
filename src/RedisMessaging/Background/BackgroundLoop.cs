using Microsoft.Extensions.Logging;
using RedisMessaging.Diagnostics.Logging;

namespace RedisMessaging.Background;

/// <summary>
/// The only way to start background work and timers. What runs in the background belongs to the bus, not to the caller that happened to
/// start it: the caller's <see cref="ExecutionContext"/> (its activity, its AsyncLocals) does not flow into it and is not kept alive by it.
/// </summary>
internal static class BackgroundLoop
{
    /// <summary>A loop that fails at once each time must not keep a processor busy.</summary>
    private static readonly TimeSpan RestartDelay = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Starts a loop that runs until its owner stops it. A loop that ends with an exception is logged as an error; its task fails as well.
    /// </summary>
    /// <param name="name">Names the loop in the log: the type that owns it.</param>
    public static Task Start(string name, ILogger logger, Func<Task> run) => Run(() => RunLoggedAsync(name, logger, run));

    /// <summary>
    /// Starts a loop that has to last until its owner stops it: one that ends with an exception is logged as an error and started again.
    /// Its task never fails.
    /// </summary>
    /// <param name="name">Names the loop in the log: the type that owns it.</param>
    /// <param name="run">Ends when the owner has stopped it. May be called again after it threw.</param>
    /// <param name="stopping">Whether the owner has stopped it: it is not started again then.</param>
    public static Task StartLasting(string name, ILogger logger, Func<Task> run, Func<bool> stopping) =>
        Run(() => RunLastingAsync(name, logger, run, stopping));

    /// <summary>Runs a piece of work that handles its own failures.</summary>
    public static Task Run(Func<Task> work)
    {
        using var suppressed = SuppressFlow();
        return Task.Run(work, CancellationToken.None);
    }

    /// <inheritdoc cref="Run(Func{Task})"/>
    public static Task<T> Run<T>(Func<Task<T>> work)
    {
        using var suppressed = SuppressFlow();
        return Task.Run(work, CancellationToken.None);
    }

    /// <summary>Calls something that starts background work of its own, such as a callback of another library.</summary>
    public static void Call(Action start)
    {
        using var suppressed = SuppressFlow();
        start();
    }

    /// <summary>
    /// Starts a thread, for what must not depend on the thread pool. It does not keep the process alive, and handles its own failures.
    /// </summary>
    public static void StartThread(string name, Action run) => new Thread(() => run()) { IsBackground = true, Name = name }.UnsafeStart();

    /// <summary>Creates a timer that is not yet armed.</summary>
    public static ITimer CreateTimer(TimeProvider time, Action due)
    {
        using var suppressed = SuppressFlow();
        return time.CreateTimer(static state => ((Action)state!)(), due, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Suppressing twice is an error in .NET, and a loop may start another one.</summary>
    private static AsyncFlowControl? SuppressFlow() => ExecutionContext.IsFlowSuppressed() ? null : ExecutionContext.SuppressFlow();

    private static async Task RunLastingAsync(string name, ILogger logger, Func<Task> run, Func<bool> stopping)
    {
        while (true)
        {
            try
            {
                await run().ConfigureAwait(false);
                return;
            }
            catch (OperationCanceledException) when (stopping())
            {
                return;
            }
            catch (Exception error)
            {
                if (stopping())
                {
                    Log.LoopEnded(logger, name, error);
                    return;
                }

                Log.LoopRestarted(logger, name, RestartDelay.TotalSeconds, error);
            }

            await Task.Delay(RestartDelay, TimeProvider.System, CancellationToken.None).ConfigureAwait(false);
            if (stopping())
            {
                return;
            }
        }
    }

    private static async Task RunLoggedAsync(string name, ILogger logger, Func<Task> run)
    {
        try
        {
            await run().ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            Log.LoopEnded(logger, name, error);
            throw;
        }
    }
}
