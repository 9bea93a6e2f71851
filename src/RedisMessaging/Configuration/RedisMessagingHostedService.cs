using Microsoft.Extensions.Hosting;
using RedisMessaging.Configuration.Buses;

namespace RedisMessaging.Configuration;

/// <summary>
/// Opens every receiver in StartAsync, so that a started host consumes: since .NET 10 all of a BackgroundService's ExecuteAsync runs in the
/// background.
/// </summary>
internal sealed class RedisMessagingHostedService(RedisMessageBus bus, HostedBuses buses) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => buses.StartAsync(bus, cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => buses.StopAsync(bus, cancellationToken);
}
