using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RedisMessaging;

namespace Monitoring;

/// <summary><c>Monitoring report NAME</c>: a process that reports its vitals until its input ends, or an empty line comes. <c>burst N</c> has it report so many times at once.</summary>
internal static class Reporter
{
    public const string Burst = "burst ";

    public static async Task RunAsync(string name)
    {
        using var host = Setup.Build(services => services
            .AddSingleton(provider => new VitalsReporter(provider.GetRequiredService<IMessageBus>(), provider.GetRequiredService<IOptions<MonitoringOptions>>(), name))
            .AddHostedService(provider => provider.GetRequiredService<VitalsReporter>())
            .AddHostedService<Work>());
        await host.StartAsync();
        Console.WriteLine($"{name} reports to {Setup.ChannelOf(name)}");
        while (await Task.Run(Console.ReadLine) is { Length: > 0 } line)
        {
            if (line.StartsWith(Burst, StringComparison.Ordinal) && int.TryParse(line.AsSpan(Burst.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var times))
            {
                host.Services.GetRequiredService<VitalsReporter>().Report(times);
            }
        }

        await host.StopAsync();
    }
}
