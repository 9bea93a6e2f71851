using Microsoft.Extensions.Logging;
using Samples;

namespace LogCollector;

/// <summary>Services that log, a collector that shows it, queries, and a flood: all as the programs they are.</summary>
internal static class Story
{
    private static readonly Dictionary<string, int> Services = new() { ["web"] = 18, ["orders"] = 12, ["payment"] = 8 };

    public static async Task<bool> RunAsync()
    {
        await ClearAsync();
        Console.WriteLine("== A collector follows all services. web and orders log, and payment begins later");
        await using var collector = Part.Start(echo: true, "collect");
        await collector.SaysAsync(1, line => line == Collector.Collecting);
        await using var web = StartService("web");
        await using var orders = StartService("orders");
        await collector.SaysAsync(3, IsCollected);
        await using var payment = StartService("payment");
        await Task.WhenAll(web.EndAsync(), orders.EndAsync(), payment.EndAsync());
        var expected = Services.Keys.SelectMany(Expected).ToList();
        await collector.SaysAsync(expected.Count, IsCollected);
        var collected = collector.Lines.Where(IsCollected).Select(WithoutTime).ToList();
        var complete = collected.Order(StringComparer.Ordinal).SequenceEqual(expected.Order(StringComparer.Ordinal));

        Console.WriteLine("== What was the last that happened? What was worst? What was wrong with web?");
        var found = await AskAsync(6, _ => true, "--last", "6")
            & await AskAsync(4, line => line.Contains(" Error ", StringComparison.Ordinal) || line.Contains(" Critical ", StringComparison.Ordinal), "--level", "Error", "--last", "4")
            & await AskAsync(3, line => line.Contains(" web ", StringComparison.Ordinal), "--service", "web", "--level", "Warning", "--since", "5m", "--last", "3");

        Console.WriteLine("== A flood: web logs 250,000 lines as fast as it can. Its stream keeps 10,000, and does not wait for the collector");
        await using var flood = Part.Start(echo: true, "flood", "web", "--lines", "250000");
        var bounded = await flood.EndAsync();
        await collector.StopAsync();

        Console.WriteLine();
        Console.WriteLine($"collected {collected.Count} of {expected.Count}: {Say(complete)} | queries answered, the newest first: {Say(found)} | memory bounded: {Say(bounded)}");
        return complete && found && bounded;
    }

    private static async Task ClearAsync()
    {
        // What a former run left. What this one leaves can be looked at: XREVRANGE 'logs-sample:{logs:web}:stream' + - COUNT 3
        using var host = Logs.Build();
        var settings = Logs.SettingsOf(host);
        await KeyCleaner.RemoveAsync(settings["Connection"]!, settings["KeyPrefix"]!);
    }

    private static Part StartService(string service) => Part.Start(echo: false, "service", service, "--lines", $"{Services[service]}", "--pause", "100");

    /// <summary>What the collector shows of a service.</summary>
    private static IEnumerable<string> Expected(string service) => Enumerable.Range(1, Services[service])
        .Select(number => Traffic.Line(service, number))
        .Where(line => line.Level >= LogLevel.Information)
        .Select(line => WithoutTime(new Collected(default, service, line).ToString()));

    /// <returns>Whether so many lines came that fit, the newest first.</returns>
    private static async Task<bool> AskAsync(int count, Func<string, bool> fits, params string[] options)
    {
        Console.WriteLine($"  LogCollector query {string.Join(' ', options)}");
        await using var query = Part.Start(echo: true, ["query", .. options]);
        var ended = await query.EndAsync();
        var lines = query.Lines.Where(IsCollected).ToList();
        // Times are written such that their order is that of the text.
        return ended && lines.Count == count && lines.TrueForAll(line => fits(line)) && lines.Select(TimeOf).SequenceEqual(lines.Select(TimeOf).OrderDescending(StringComparer.Ordinal));
    }

    /// <summary>Whether it is a line that somebody logged: it begins with its time.</summary>
    private static bool IsCollected(string line) => line.Length > 0 && char.IsAsciiDigit(line[0]);

    private static string TimeOf(string line) => line[..line.IndexOf(' ', StringComparison.Ordinal)];

    private static string WithoutTime(string line) => line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..];

    private static string Say(bool isSo) => isSo ? "yes" : "NO";
}
