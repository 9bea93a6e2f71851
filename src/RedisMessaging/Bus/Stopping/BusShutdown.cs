using RedisMessaging.Background;
using RedisMessaging.Diagnostics.Logging;

namespace RedisMessaging.Bus.Stopping;

/// <summary>Disposes a bus once: stops its consumers, sends what is buffered, ends calls, closes the connections.</summary>
internal sealed class BusShutdown(BusComposition bus)
{
    private readonly OneTime _disposing = new();

    /// <returns>A task that ends when everything is stopped, or, inside a handler, when all other handlers have ended.</returns>
    public Task RunAsync() => WaitForEndAsync(_disposing.RunAsync(() => BackgroundLoop.Run(DisposeOnceAsync)));

    /// <summary>The same, blocking the thread. What is not closed in time is closed in the background.</summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Usage", "VSTHRD002", Justification = "Blocking is what it is for.")]
    public void RunBlocking()
    {
        var timeout = bus.Model.Options.ShutdownTimeout;
        var disposing = RunAsync();
        if (!disposing.Wait(timeout + BusClosing.LongestOverrun))
        {
            Log.DisposeLeftBehind(bus.Services.Logger, timeout.TotalSeconds);
            FireAndForget.Observe(disposing);
        }
    }

    private async Task WaitForEndAsync(Task disposing)
    {
        await StopWaits.WaitAsync(bus.Consumers.Handlers, disposing).ConfigureAwait(false);
        // Inside a handler the rest follows the handler's end, but its calls already find the bus disposed.
        EndCalls();
    }

    private async Task DisposeOnceAsync()
    {
        var closing = new BusClosing(bus.Model.Options.ShutdownTimeout, bus.Services.Time, bus.Services.Logger);
        bus.Reload?.Dispose();
        bus.Consumers.Close();
        var stopping = closing.GuardAsync("the consumers", () => bus.Lifetime.StopAsync(CancellationToken.None));
        // A handler that ends may still publish. From then on no call waits for Redis any more.
        await StopWaits.UntilIdleAsync(bus.Consumers.Handlers, stopping).ConfigureAwait(false);
        if (bus.Buffer.IsUsed && bus.Connections.IsConnected)
        {
            await closing.GuardAsync("the publish buffer", () => bus.Buffer.StopAsync(closing.Left)).ConfigureAwait(false);
        }

        EndCalls();
        await closing.FinishAsync(CloseAsync(closing, stopping)).ConfigureAwait(false);
    }

    /// <summary>Calls that wait, and calls from now on, report that the bus is disposed.</summary>
    private void EndCalls()
    {
        bus.Connections.Stop();
        bus.Replies.EndWaits();
        foreach (var topic in bus.Topics.Values)
        {
            topic.Batcher.Close();
        }
    }

    private async Task CloseAsync(BusClosing closing, Task stopping)
    {
        await stopping.ConfigureAwait(false);
        await closing.GuardAsync("the replies", () => bus.Replies.DisposeAsync().AsTask()).ConfigureAwait(false);
        await closing.GuardAsync("the publish buffer", () => bus.Buffer.StopAsync(TimeSpan.Zero)).ConfigureAwait(false);
        var transports = bus.Topics.Values.Select(
            topic => closing.GuardAsync($"topic '{topic.Name}'", () => topic.Transport.DisposeAsync().AsTask()));
        await Task.WhenAll(transports).ConfigureAwait(false);
        await closing.GuardAsync("the look-out for pauses", () => bus.Pauses.DisposeAsync().AsTask()).ConfigureAwait(false);
        await closing.GuardAsync("the connections", () => bus.Connections.DisposeAsync().AsTask()).ConfigureAwait(false);
        await closing.GuardAsync("the publish filters", () => bus.PublishFilters.DisposeAsync().AsTask()).ConfigureAwait(false);
        await closing.GuardAsync("the observers of dead letters", () => bus.Observers.DisposeAsync().AsTask()).ConfigureAwait(false);
        bus.Services.Instruments.Dispose();
    }
}
