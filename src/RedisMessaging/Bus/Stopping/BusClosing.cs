using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Diagnostics.Logging;

namespace RedisMessaging.Bus.Stopping;

/// <summary>Closes the parts of a bus: what fails keeps the others from nothing, and all together ends in time.</summary>
internal sealed class BusClosing(TimeSpan shutdownTimeout, TimeProvider time, ILogger logger)
{
    /// <summary>For how long closing may take where <c>ShutdownTimeout</c> is used up or very short.</summary>
    public static readonly TimeSpan LongestOverrun = TimeSpan.FromSeconds(1);

    private readonly ShutdownBudget _budget = new(shutdownTimeout, time);

    public TimeSpan Left => _budget.LeftForClosing;

    public async Task GuardAsync(string part, Func<Task> close)
    {
        try
        {
            await close().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            Log.DisposeFailed(logger, part, error);
        }
    }

    /// <summary>Waits for the rest, which continues by itself once the time is up.</summary>
    public async Task FinishAsync(Task rest)
    {
        try
        {
            await rest.WaitAsync(Left, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Log.DisposeLeftBehind(logger, shutdownTimeout.TotalSeconds);
            FireAndForget.Observe(rest);
        }
    }
}
