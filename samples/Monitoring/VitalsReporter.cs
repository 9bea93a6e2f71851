using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RedisMessaging;

namespace Monitoring;

/// <summary>Reports the vitals of the process it is in. A service of yours can have it, too.</summary>
internal sealed class VitalsReporter(IMessageBus bus, IOptions<MonitoringOptions> options, string host) : BackgroundService
{
    private readonly VitalsMeter _meter = new();
    private readonly Lock _lock = new();
    private long _number;

    /// <summary>Reports so many times at once.</summary>
    public void Report(int times = 1)
    {
        // In the order of their numbers, whoever reports at the same time.
        lock (_lock)
        {
            for (var i = 0; i < times; i++)
            {
                // Never waits: whatever becomes of Redis, the process goes on with its work. What is refused (false) is missing at the watcher, as all that gets lost on its way.
                bus.TryPublishTo(Setup.ChannelOf(host), _meter.Take(++_number));
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.ReportEvery);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            Report();
        }
    }
}
