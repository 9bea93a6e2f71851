using RedisMessaging.Background;

namespace RedisMessaging.Configuration.Buses;

/// <summary>
/// The buses that a host has started. A host stops its services one after another; the buses stop together with the first of them, so
/// that one does not use up the host's time before another's handlers could end.
/// </summary>
internal sealed class HostedBuses
{
    private readonly Lock _lock = new();
    private readonly Dictionary<RedisMessageBus, OneTime> _stops = [];

    public Task StartAsync(RedisMessageBus bus, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _stops[bus] = new OneTime();
        }

        return bus.StartAsync(cancellationToken);
    }

    /// <param name="bus">The bus to wait for.</param>
    /// <param name="hurry">Cancels running handlers before ShutdownTimeout is over.</param>
    public Task StopAsync(RedisMessageBus bus, CancellationToken hurry)
    {
        KeyValuePair<RedisMessageBus, OneTime>[] stops;
        lock (_lock)
        {
            stops = [.. _stops];
            _stops.Remove(bus);
        }

        // Outside of the lock: what a stop cancels is code of the user's.
        var running = stops.ToDictionary(stop => stop.Key, stop => stop.Value.RunAsync(() => stop.Key.StopAsync(hurry)));
        return running.TryGetValue(bus, out var own) ? own : bus.StopAsync(hurry);
    }
}
