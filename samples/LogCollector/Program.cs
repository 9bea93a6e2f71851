using LogCollector;
using Microsoft.Extensions.Logging;
using RedisMessaging;

// LogCollector                     the story: services log, a collector shows it, queries, a flood
// LogCollector service NAME        a service that logs, until its input ends
// LogCollector collect             shows what all services log, until its input ends
// LogCollector query               what they logged, the newest first
// LogCollector flood NAME          very many lines, and what Redis keeps of them
Console.OutputEncoding = System.Text.Encoding.UTF8;
try
{
    switch (args)
    {
        case []:
            return await Story.RunAsync() ? 0 : 1;
        case ["service", var name, .. var rest] when !name.StartsWith('-'):
            var pace = new CommandLine(rest, "--lines", "--pause");
            await Service.RunAsync(name, pace.Count("--lines", int.MaxValue, int.MaxValue), TimeSpan.FromMilliseconds(pace.Count("--pause", 200, 60_000)));
            return 0;
        case ["collect", .. var rest]:
            await Collector.RunAsync(new CommandLine(rest, "--level").Level("--level", LogLevel.Information));
            return 0;
        case ["query", .. var rest]:
            await Query.RunAsync(QueryOptions.Parse(rest, TimeProvider.System.GetUtcNow()));
            return 0;
        case ["flood", var name, .. var rest] when !name.StartsWith('-'):
            return await Flood.RunAsync(name, new CommandLine(rest, "--lines").Count("--lines", 250_000, 10_000_000)) ? 0 : 1;
        default:
            throw new UsageException("""
                Usage: LogCollector
                       LogCollector service NAME [--lines N] [--pause MILLISECONDS]
                       LogCollector collect [--level LEVEL]
                       LogCollector query [--service NAME] [--level LEVEL] [--since 5m | --from TIME] [--to TIME] [--last 20]
                       LogCollector flood NAME [--lines N]
                """);
    }
}
catch (Exception mistake) when (mistake is UsageException or RedisMessagingConfigurationException or ArgumentException)
{
    Console.Error.WriteLine(mistake.Message);
    return 2;
}
catch (TimeoutException late)
{
    Console.Error.WriteLine(late.Message);
    return 1;
}
