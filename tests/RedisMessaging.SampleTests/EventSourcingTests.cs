using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;
using RedisMessaging.SampleTests.Infrastructure;
using StackExchange.Redis;

namespace RedisMessaging.SampleTests;

/// <summary>The built EventSourcing: tellers who withdraw from the same accounts at the same time, a projection, and what stands in Redis in the end.</summary>
public sealed class EventSourcingTests
{
    private const string Name = "EventSourcing";

    private static readonly string[] Accounts = ["110-001", "110-002", "110-003"];

    [Fact]
    public async Task Tellers_who_run_into_each_other_and_are_killed_leave_no_account_below_zero_and_nothing_half_written()
    {
        await using var server = await RedisServer.StartPrivateAsync();
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "projection.db");

        var output = await SampleProgram.RunAsync(Name, server.ConnectionString, environment: Projecting(file));

        output.Should().Contain("teller 3 is killed in the middle of its work").And.Contain("all as it should be");
        Regex.Matches(output, @"teller \d: (\d+) appended, (\d+) conflicts").Should().HaveCount(4);
        Regex.Matches(output, @"^ +teller [1-3]: \d+ appended, (\d+) conflicts", RegexOptions.Multiline).Should().HaveCount(3).And.OnlyContain(match => Number(match, 1) > 0);
        Regex.Match(output, @"killed with (\d+) events in hand").Should().Match<Match>(match => match.Success);
        var heard = Regex.Matches(output, @"teller \d: (\d+) appended").Sum(match => Number(match, 1));

        await using var redis = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);
        var projected = await ProjectionAsync(file);
        projected.Keys.Should().BeEquivalentTo(Accounts);
        var appends = 0;
        foreach (var number in Accounts)
        {
            var events = await EventsAsync(redis.GetDatabase(), number);
            var balances = Balances(events);
            balances.Should().OnlyContain(balance => balance >= 0, "no withdrawal was decided on from an old view");
            events.Select(happened => happened.Type).Take(2).Should().Equal("account-opened", "money-deposited");
            for (var i = 0; i < events.Count; i++)
            {
                (events[i].Type == "fee-charged").Should().Be(i > 0 && events[i - 1].Type == "money-withdrawn", $"entry {i} of {number} and the one before it were appended together");
            }

            events[^1].Type.Should().NotBe("money-withdrawn");
            appends += events.Skip(2).Count(happened => happened.Type is "money-deposited" or "money-withdrawn");

            var information = await redis.GetDatabase().ExecuteAsync("XINFO", "STREAM", StreamOf(number));
            ((long)information.ToDictionary()["entries-added"]).Should().Be(events.Count, "versions count what was appended");
            output.Should().MatchRegex($"{number} \\S+: version {events.Count}, {events.Count} events, balance {balances[^1].ToString("0.00", CultureInfo.InvariantCulture)}");
            projected[number].Should().Be((Holder(events), balances[^1], events.Count));

            var loads = Regex.Match(output, $@"{number}: snapshot at version (\d+), (\d+) events read behind it: (\S+); without it (\d+) events read: (\S+)");
            (Number(loads, 1) + Number(loads, 2)).Should().Be(events.Count);
            Number(loads, 4).Should().Be(events.Count);
            Number(loads, 2).Should().BeLessThan(100, "there is a snapshot every 50 events, and one may have died with the killed teller");
            loads.Groups[3].Value.Should().Be(loads.Groups[5].Value);
            (await redis.GetDatabase().StreamLengthAsync($"ledger-sample:{{snapshots:{number}}}:stream")).Should().Be(1);
        }

        (appends - heard).Should().BeInRange(0, 1, "only what the killed teller did last may be unheard of");
        output.Should().MatchRegex(@"\d+ events handled again in \S+ s: the same rows");
    }

    [Fact]
    public async Task Of_two_withdrawals_at_the_same_time_that_the_money_is_enough_for_one_of_one_goes_through()
    {
        await using var server = await RedisServer.StartPrivateAsync();
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "projection.db");
        (await RunAsync("open", "220-001", "최서연", "100.75")).Should().Contain("220-001 | 최서연 | balance 100.75 | version 2");

        await using var one = await SampleProgram.StartAsync(Name, server.ConnectionString, ["withdraw", "220-001", "100"], Projecting(file));
        await using var other = await SampleProgram.StartAsync(Name, server.ConnectionString, ["withdraw", "220-001", "100"], Projecting(file));
        var ends = await Task.WhenAll(EndAsync(one), EndAsync(other));

        ends.Should().ContainSingle(end => end.Contains("220-001 | 최서연 | balance 0.50 | version 4", StringComparison.Ordinal));
        ends.Should().ContainSingle(end => end.Contains("Exit code 1", StringComparison.Ordinal) && end.Contains("refused: 최서연 has 0.50, and it takes 100.25", StringComparison.Ordinal));
        await using var redis = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);
        Balances(await EventsAsync(redis.GetDatabase(), "220-001")).Should().Equal(0m, 100.75m, 0.75m, 0.50m);

        Task<string> RunAsync(params string[] arguments) => SampleProgram.RunAsync(Name, server.ConnectionString, arguments, Projecting(file));
    }

    private static Dictionary<string, string> Projecting(string file) => new() { ["Ledger__Projection"] = file };

    private static async Task<string> EndAsync(SampleProgram program)
    {
        try
        {
            return await program.EndsWellAsync();
        }
        catch (InvalidOperationException error)
        {
            return error.Message;
        }
    }

    private static int Number(Match match, int group) => int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    private static string StreamOf(string number) => $"ledger-sample:{{events:{number}}}:stream";

    /// <summary>As they stand in Redis: an envelope's line, and the body behind it.</summary>
    private static async Task<IReadOnlyList<(string Type, JsonElement Body)>> EventsAsync(IDatabase redis, string number)
    {
        var events = new List<(string, JsonElement)>();
        foreach (var entry in await redis.StreamRangeAsync(StreamOf(number)))
        {
            var parts = ((string)entry["m"]!).Split('\n', 2);
            events.Add((JsonElement.Parse(parts[0]).GetProperty("type").GetString()!, JsonElement.Parse(parts[1])));
        }

        return events;
    }

    private static string Holder(IReadOnlyList<(string Type, JsonElement Body)> events) => events[0].Body.GetProperty("holder").GetString()!;

    /// <summary>After each event.</summary>
    private static IReadOnlyList<decimal> Balances(IReadOnlyList<(string Type, JsonElement Body)> events)
    {
        var balance = 0m;
        return [.. events.Select(happened => balance += happened.Type switch
        {
            "account-opened" => 0,
            "money-deposited" => happened.Body.GetProperty("amount").GetDecimal(),
            "money-withdrawn" or "fee-charged" => -happened.Body.GetProperty("amount").GetDecimal(),
            var other => throw new InvalidOperationException(other),
        })];
    }

    private static async Task<IReadOnlyDictionary<string, (string Holder, decimal Balance, int Version)>> ProjectionAsync(string file)
    {
        await using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT account, holder, deposited, withdrawn, fees, version FROM balances";
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new Dictionary<string, (string, decimal, int)>();
        while (await reader.ReadAsync())
        {
            rows.Add(reader.GetString(0), (reader.GetString(1), reader.GetDecimal(2) - reader.GetDecimal(3) - reader.GetDecimal(4), reader.GetInt32(5)));
        }

        return rows;
    }
}
