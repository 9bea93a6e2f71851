using System.Globalization;
using System.Text.RegularExpressions;
using RedisMessaging.SampleTests.Infrastructure;
using StackExchange.Redis;

namespace RedisMessaging.SampleTests;

/// <summary>The built LogCollector sample: what it collects, what its queries find, and how much Redis keeps.</summary>
public sealed class LogCollectorTests
{
    private const string Prefix = "logs-sample:";

    /// <summary>What its appsettings.json keeps of each service.</summary>
    private const int MaxLength = 10_000;

    private static readonly string[] Levels = ["Trace", "Debug", "Information", "Warning", "Error", "Critical"];

    /// <summary>As the sample's, by the name it has on the wire.</summary>
    private sealed record LogLine(string Level, string Category, string Text);

    [Fact]
    public async Task The_story_comes_out_and_a_flood_takes_no_more_than_the_bound()
    {
        await using var server = await RedisServer.StartPrivateAsync();

        var lines = (await SampleProgram.RunAsync("LogCollector", server.ConnectionString)).Split('\n');

        lines.Should().ContainSingle(line => line == "collected 32 of 32: yes | queries answered, the newest first: yes | memory bounded: yes");
        // What the collector showed in front of the queries: each service's lines in their order, Korean as it was logged, and the service that began later.
        var collected = lines.TakeWhile(line => !line.StartsWith("== What", StringComparison.Ordinal)).ToList();
        Numbers("web").Should().Equal(1, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 15, 16, 17, 18);
        Numbers("orders").Should().Equal(1, 3, 4, 5, 7, 8, 9, 11, 12);
        Numbers("payment").Should().Equal(1, 2, 3, 4, 5, 6, 7, 8);
        collected.Should().Contain(line => line.EndsWith("payment  Error       Cards: #3 카드사 응답 없음, 시도 3회 후 포기", StringComparison.Ordinal));
        // 250,000 and the 18 before them.
        lines.Should().Contain(line => Regex.IsMatch(line, @"^ +all +\| web: [\d,]+ of 250,018 kept, \d\.\d MB$"));

        await using var redis = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);
        await IsBoundedAsync(redis.GetDatabase(), "web");

        IEnumerable<int> Numbers(string service) => collected.Select(line => Regex.Match(line, $@"^ +\d\S+Z {service} .*: #(\d+) ")).Where(line => line.Success).Select(line => int.Parse(line.Groups[1].Value, CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task A_collector_that_was_killed_keeps_nothing_from_being_trimmed()
    {
        await using var server = await RedisServer.StartPrivateAsync();
        await using var redis = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);
        await using (var collector = await SampleProgram.StartAsync("LogCollector", server.ConnectionString, ["collect", "--level", "Debug"]))
        {
            await collector.PrintsAsync("collecting");
            await SampleProgram.RunAsync("LogCollector", server.ConnectionString, ["flood", "web", "--lines", "10"]);
            await collector.PrintsAsync("#10 ");
            await collector.KillAsync();
        }

        (await redis.GetDatabase().StreamGroupInfoAsync(KeyOf("web"))).Should().HaveCount(1, "a collector that was killed leaves its place");

        var output = await SampleProgram.RunAsync("LogCollector", server.ConnectionString, ["flood", "web", "--lines", "100000"]);

        output.Should().Contain(" of 100,010 kept");
        await IsBoundedAsync(redis.GetDatabase(), "web");
    }

    [Fact]
    public async Task Queries_find_what_was_logged_the_newest_first()
    {
        await using var server = await RedisServer.StartPrivateAsync();
        await using var redis = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString + ",allowAdmin=true");
        var logged = await LogAsync(server.ConnectionString);
        var someTime = logged[700].At;
        var later = logged[300].At;

        (await QueryAsync()).Should().Equal(logged.Take(20), "twenty, where nobody says how many");
        (await QueryAsync("--last", "1500")).Should().Equal(logged, "there are no more");
        (await QueryAsync("--service", "web", "--last", "7")).Should().Equal(logged.Where(line => line.Service == "web").Take(7));
        (await QueryAsync("--level", "error", "--last", "9")).Should().Equal(logged.Where(line => line.Level is "Error" or "Critical").Take(9));
        (await QueryAsync("--from", Written(someTime), "--to", Written(later), "--last", "1000")).Should().Equal(logged[300..701], "both ends are in");
        (await QueryAsync("--service", "orders", "--level", "Warning", "--from", Written(someTime), "--to", Written(later), "--last", "3"))
            .Should().Equal(logged[300..701].Where(line => line.Service == "orders" && line.Level is ("Warning" or "Error" or "Critical")).Take(3));
        (await QueryAsync("--since", "1m")).Should().BeEmpty("all of it was logged last year");

        // Three services, of each one entry, which says how large entries are, and one page; no more than was asked for.
        await redis.GetServers().Single().ExecuteAsync("CONFIG", "RESETSTAT");
        (await QueryAsync("--last", "10")).Should().HaveCount(10);
        var statistics = (string)(await redis.GetServers().Single().ExecuteAsync("INFO", "commandstats"))!;
        statistics.Should().MatchRegex("cmdstat_xrevrange:calls=6,").And.NotContain("cmdstat_xrange:");

        async Task<IReadOnlyList<Logged>> QueryAsync(params string[] options) =>
            [.. (await SampleProgram.RunAsync("LogCollector", server.ConnectionString, ["query", .. options])).Split('\n').Select(Logged.Read).OfType<Logged>()];
    }

    [Fact]
    public async Task Mistakes_on_the_command_line_are_told()
    {
        await using var server = await RedisServer.StartPrivateAsync();
        await SampleProgram.RunAsync("LogCollector", server.ConnectionString, ["flood", "web", "--lines", "1"]);

        await Task.WhenAll(
            IsToldAsync("'Eror' is no level; there are Trace, Debug, Information, Warning, Error, Critical.", "query", "--level", "Eror"),
            IsToldAsync("'3' is no level", "collect", "--level", "3"),
            IsToldAsync("--last is '0'; it must be a number from 1 to 100,000.", "query", "--last", "0"),
            IsToldAsync("--from is 'noonish'; it must be a time like 2026-11-22T14:30:00Z", "query", "--from", "noonish"));
        await Task.WhenAll(
            IsToldAsync("nothing can be in between", "query", "--from", "2026-02-01", "--to", "2026-01-01"),
            IsToldAsync("--since is '5'; it must be a number and its unit", "query", "--since", "5"),
            IsToldAsync("leave out --from and --to, or --since", "query", "--since", "5m", "--to", "2026-01-01"),
            IsToldAsync("'--leve' is no option here; there are --service, --level", "query", "--leve", "Error"));
        await Task.WhenAll(
            IsToldAsync("--level wants a value", "query", "--level", "--last", "3"),
            IsToldAsync("No service 'wbe' has logged; there are: web.", "query", "--service", "wbe"),
            IsToldAsync("the character '?' is not allowed", "service", "pay?"),
            IsToldAsync("Usage: LogCollector", "tail"));

        async Task IsToldAsync(string told, params string[] arguments)
        {
            var run = () => SampleProgram.RunAsync("LogCollector", server.ConnectionString, arguments);
            (await run.Should().ThrowAsync<InvalidOperationException>()).Which.Message.Should().StartWith("Exit code 2").And.Contain(told);
        }
    }

    /// <summary>A year ago, to the millisecond: 1,200 lines of three services.</summary>
    /// <returns>The newest first.</returns>
    private static async Task<List<Logged>> LogAsync(string connection)
    {
        await using var bus = await RedisMessageBus.ConnectAsync(connection, messaging =>
        {
            messaging.KeyPrefix = Prefix;
            messaging.UseReflectionJson();
            messaging.AddStream<LogLine>("logs:{service}");
        });
        string[] services = ["orders", "payment", "web"];
        var random = new Random(7);
        var at = DateTimeOffset.Parse("2025-11-22T14:30:00Z", CultureInfo.InvariantCulture);
        var logged = new List<Logged>();
        for (var i = 0; i < 1_200; i++)
        {
            // Each service's lines are milliseconds apart, by chance far; no two of all at the same time, so that there is one right order.
            at += TimeSpan.FromMilliseconds(random.Next(1, i % 50 == 0 ? 60_000 : 20));
            logged.Add(new Logged(at, services[random.Next(3)], Levels[random.Next(6)], $"Test: #{i} 안녕"));
        }

        foreach (var service in logged.GroupBy(line => line.Service))
        {
            await bus.PublishManyAsync(
                $"logs:{service.Key}",
                service.Select(line => new OutgoingMessage<LogLine>(
                    new LogLine(line.Level, "Test", line.Text["Test: ".Length..]),
                    new PublishOptions { Position = line.At.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture) })));
        }

        logged.Reverse();
        return logged;
    }

    private static string KeyOf(string service) => $"{Prefix}{{logs:{service}}}:stream";

    private static string Written(DateTimeOffset time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static async Task IsBoundedAsync(IDatabase redis, string service)
    {
        // It is trimmed behind the publisher, in whole nodes of 100.
        (await redis.StreamLengthAsync(KeyOf(service))).Should().BeInRange(MaxLength, MaxLength * 3 / 2);
        ((long)await redis.ExecuteAsync("MEMORY", "USAGE", KeyOf(service), "SAMPLES", "0")).Should().BeInRange(500_000, 6_000_000);
    }

    /// <summary>A line as a query shows it.</summary>
    private sealed record Logged(DateTimeOffset At, string Service, string Level, string Text)
    {
        public static Logged? Read(string line) =>
            Regex.Match(line, @"^(\S+Z) (\S+) +(\w+) +(.*)$") is { Success: true } match
                ? new Logged(DateTimeOffset.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), match.Groups[2].Value, match.Groups[3].Value, match.Groups[4].Value)
                : null;
    }
}
