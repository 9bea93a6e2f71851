using LogCollector.Shipping;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RedisMessaging;
using Samples;

namespace LogCollector;

/// <summary><c>LogCollector service web</c>: a program that logs as any other does, with an <see cref="ILogger"/>; that it goes over the bus is a matter of its set-up.</summary>
internal static class Service
{
    public static async Task RunAsync(string service, int lines, TimeSpan pause)
    {
        using var host = Logs.Build(builder =>
        {
            builder.Services.AddSingleton<Outbox>();
            builder.Services.AddSingleton<ILoggerProvider, BusLoggerProvider>();
            builder.Services.AddHostedService(provider => ActivatorUtilities.CreateInstance<Shipper>(provider, service));
        });
        // Refused at once where the name can't be part of a topic's.
        _ = Logs.BusOf(host).Topic(Logs.TopicOf(service));
        await host.StartAsync();
        var loggers = host.Services.GetRequiredService<ILoggerFactory>();
        var told = EndOfInput.WaitAsync();
        using var timer = new PeriodicTimer(pause);
        var number = 0;
        while (number < lines && !told.IsCompleted)
        {
            var line = Traffic.Line(service, ++number);
            loggers.CreateLogger(line.Category).Log(line.Level, "{Text}", line.Text);
            await timer.WaitForNextTickAsync();
        }

        await host.StopAsync();
        Console.WriteLine($"{service}: {number} lines logged");
    }
}
