using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using RedisMessaging.SampleTests.Infrastructure;
using StackExchange.Redis;

namespace RedisMessaging.SampleTests;

/// <summary>The built Monitoring: what its table shows of processes that report, and of what never came.</summary>
public sealed class MonitoringTests
{
    private const string Name = "Monitoring";

    [Fact]
    public async Task The_table_shows_who_reports_who_is_silent_and_what_is_missing_after_a_cut()
    {
        await using var server = await RedisServer.StartPrivateAsync();
        await using var watcher = await SampleProgram.StartAsync(Name, server.ConnectionString, ["watch"]);
        await watcher.PrintsAsync("watching vitals:{host}");
        await using var first = await SampleProgram.StartAsync(Name, server.ConnectionString, ["report", "web-1"]);
        await using var second = await SampleProgram.StartAsync(Name, server.ConnectionString, ["report", "web-2"]);
        await watcher.PrintsAsync("web-1 reports, process ");
        await watcher.PrintsAsync("web-2 reports, process ");
        await watcher.PrintsAsync(line => Regex.IsMatch(line, @"^ +web-1 +live +\d+ +[1-9]\d* +[1-9]\d* "), "web-1 live, with a number and a rate");
        await watcher.PrintsAsync(line => Regex.IsMatch(line, @"^ +web-2 +live +\d+ +[1-9]"), "web-2 live");

        await second.KillAsync();
        await watcher.PrintsAsync(line => Regex.IsMatch(line, @"^ +web-2 +silent for \d+\.\d s "), "web-2 silent");
        await watcher.PrintsAsync(line => Regex.IsMatch(line, @"^ +web-2 +gone "), "web-2 gone");

        await using var redis = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString + ",allowAdmin=true");
        Gaps().Should().Be(0, "nothing has been cut yet");
        // The watcher is back within milliseconds, so that one cut may fall between two reports: cut whenever it is back, for some reports' time.
        for (var rounds = 1; !watcher.Lines.Any(IsMissed) && rounds <= 20; rounds++)
        {
            var before = Gaps();
            var killed = 0L;
            for (var since = Stopwatch.StartNew(); since.ElapsedMilliseconds < 400; await Task.Delay(5))
            {
                killed += (long)await redis.GetServers().Single().ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
            }

            killed.Should().BePositive("the watcher was subscribed");
            await Eventually.TrueAsync(() => Gaps() > before, what: $"the gap of round {rounds} is told");
            await Task.Delay(300);
        }

        await watcher.PrintsAsync(IsMissed, "what web-1 said in vain", TimeSpan.FromSeconds(10));
        watcher.EndInput();
        var output = await watcher.EndsWellAsync();
        var (received, missing, dropped, inGaps, gaps) = Summary(output);
        (received, missing, inGaps).Should().Match<(int Received, int Missing, int InGaps)>(counted => counted.Received > 0 && counted.Missing > 0 && counted.Missing == counted.InGaps);
        (dropped, gaps).Should().Match<(int Dropped, int Gaps)>(counted => counted.Dropped == 0 && counted.Gaps > 0);

        static bool IsMissed(string line) => Regex.IsMatch(line, @"^web-1: \d+ missing");
        int Gaps() => watcher.Lines.Count(line => line.StartsWith("gap (ConnectionLost): some may be missing between ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task In_its_story_every_number_that_is_missing_was_lost_in_a_gap_or_dropped_and_counted()
    {
        await using var server = await RedisServer.StartPrivateAsync();

        var output = await SampleProgram.RunAsync(Name, server.ConnectionString);

        output.Should().Contain("web-2 is silent").And.Contain("web-2 is gone").And.MatchRegex(@"web-2 +gone ").And.MatchRegex(@"web-3 +live ");
        output.Should().Contain("== Every number that is missing is told");
        var (_, missing, dropped, inGaps, gaps) = Summary(output);
        dropped.Should().BeGreaterThanOrEqualTo(1_800, "2,000 reports came while 200 had room");
        inGaps.Should().BePositive();
        gaps.Should().BePositive();
        output.Should().Contain("gap (ConnectionLost): some may be missing between ");
        missing.Should().Be(dropped + inGaps);
        Regex.Matches(output, @"^ +\S+ +(?:live|gone|silent for \S+ s) +\d+ +\d+ +\d+ +\S+ +\S+ +\d+ +\d+ +\d+ +(\d+) *$", RegexOptions.Multiline)
            .TakeLast(4).Sum(row => int.Parse(row.Groups[1].Value, CultureInfo.InvariantCulture)).Should().Be(missing, "the last table says the same");
    }

    private static (int Received, int Missing, int Dropped, int InGaps, int Gaps) Summary(string output)
    {
        var summary = Regex.Match(output, @"^received (\d+), missing (\d+): (\d+) dropped by the full buffer, (\d+) in (\d+) gap\(s\)", RegexOptions.Multiline);
        summary.Success.Should().BeTrue(output);
        int Number(int group) => int.Parse(summary.Groups[group].Value, CultureInfo.InvariantCulture);
        return (Number(1), Number(2), Number(3), Number(4), Number(5));
    }
}
