using System.Text.RegularExpressions;
using RedisMessaging.ContractTests.Moves;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>
/// Whatever moves a message loses none and leaves none behind when Redis refuses a part of it in the middle: for want of a right, because a key holds something else, because Redis is full.
/// Where a right is missing nothing is doubled either.
/// </summary>
public sealed partial class MoveFaultTests(ITestOutputHelper output) : StartUpTest(output)
{
    private static int _scenes;

    public static TheoryData<string> Moves => [.. MoveCatalog.All.Select(move => move.ToString())];

    public static TheoryData<string> MovesOfKeys => [.. MoveCatalog.All.Where(move => move.Keys.Length > 0).Select(move => move.ToString())];

    [Theory]
    [MemberData(nameof(Moves))]
    public Task A_right_that_is_missing_for_a_while_loses_and_doubles_nothing(string name)
    {
        var commands = Find(name).Scripts
            .SelectMany(script => Call().Matches(script))
            .Select(call => call.Groups["command"].Value is var command && command is "XGROUP" or "XINFO" ? $"{command}|{call.Groups["subcommand"].Value}" : call.Groups["command"].Value)
            .Append("EVALSHA")
            // A right to what the server does not know can't be taken away.
            .Where(ServerCommands.Know)
            .Distinct()
            .ToList();
        commands.Should().HaveCountGreaterThan(1);
        return RunAsync(Find(name), [.. commands.Select(command => MoveFault.WithoutRight(command.ToLowerInvariant()))]);
    }

    [Theory]
    [MemberData(nameof(MovesOfKeys))]
    public Task A_key_that_holds_something_else_for_a_while_loses_nothing(string name) =>
        RunAsync(Find(name), [.. Find(name).Keys.Select(MoveFault.WithOtherType)]);

    [Theory]
    [MemberData(nameof(Moves))]
    public Task A_server_that_is_full_for_a_while_loses_nothing(string name) => RunAsync(Find(name), [MoveFault.Full]);

    private static Move Find(string name) => MoveCatalog.All.Single(move => move.ToString() == name);

    /// <summary>All faults at once, each with a user and keys of its own.</summary>
    private async Task RunAsync(Move move, IReadOnlyList<MoveFault> faults)
    {
        var server = await StartServerAsync();
        var admin = await AdminAsync(server);
        var failures = new List<string>();
        await Parallel.ForEachAsync(faults, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (fault, _) =>
        {
            await using var scene = new MoveScene(server.ConnectionString, admin, Interlocked.Increment(ref _scenes), move.Kind, fault, new MoveLog(Log));
            try
            {
                await move.RunAsync(scene);
            }
            catch (Exception error)
            {
                var left = await scene.WhatIsLeftAsync();
                lock (failures)
                {
                    failures.Add($"{fault.Name} ({scene.Prefix}): {error.GetType().Name} {error.Message}; left in Redis: {left}");
                }
            }
        });
        failures.Should().BeEmpty();
    }

    [GeneratedRegex(@"redis\.p?call(?:\(|, )'(?<command>[A-Z]+)'(, '(?<subcommand>[A-Z]+)')?")]
    private static partial Regex Call();
}
