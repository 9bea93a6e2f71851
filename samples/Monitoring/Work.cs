using System.Diagnostics;
using Microsoft.Extensions.Hosting;

namespace Monitoring;

/// <summary>Something for a reporter to report: some load that rises and falls, and leaves garbage behind.</summary>
internal sealed class Work : BackgroundService
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var phase = Environment.ProcessId % 7;
        var since = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(Pace);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var share = 0.05 * (1 + Math.Sin(phase + (since.Elapsed.TotalSeconds / 2)));
            for (var busy = Stopwatch.StartNew(); busy.Elapsed < share * Pace;)
            {
                GC.KeepAlive(new byte[100]);
            }
        }
    }
}
