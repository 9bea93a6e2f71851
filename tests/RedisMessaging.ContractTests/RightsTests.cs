using System.Text.RegularExpressions;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Redis.Scripting;
using RedisMessaging.Topics.Families;
using RedisMessaging.Transports.Queue;
using RedisMessaging.Transports.Streams;

namespace RedisMessaging.ContractTests;

/// <summary>The commands that a consumer's rights are checked for are those its scripts send. Publishing and redriving are no consumer's business.</summary>
public sealed partial class RightsTests
{
    private static readonly TopicKeys Keys = new("", "topic");

    /// <summary>What newer servers know, and what is done without where a user has no right to it.</summary>
    private static readonly string[] Optional = ["XACKDEL"];

    [Fact]
    public void Every_command_of_the_queue_s_scripts_is_checked() =>
        CommandsOf("queue-").Should().BeSubsetOf(QueueLayout.Of(new QueueKeys(Keys), acks: true).Commands);

    [Fact]
    public void Every_command_of_the_stream_s_scripts_is_checked() =>
        CommandsOf("stream-").Should().BeSubsetOf(StreamLayout.Of(new StreamKeys(Keys)).Commands);

    [Fact]
    public void Every_command_of_a_family_s_scripts_is_checked() =>
        CommandsOf("family-").Should().BeSubsetOf([.. FamilyRegistry.Layout(new FamilyKeys(Keys, "queue")).Commands, .. QueueLayout.Of(new QueueKeys(Keys), acks: true).Commands]);

    private static List<string> CommandsOf(string prefix)
    {
        var assembly = typeof(IMessageBus).Assembly;
        var commands = assembly.GetManifestResourceNames()
            .Where(name => name is "time.lua" or "refusals.lua" or "schedule.lua" or "due.lua" or "dead-letter.lua" or "trimmed-dead-letter.lua" || name.StartsWith(prefix, StringComparison.Ordinal))
            .Where(name => !name.EndsWith("-redrive.lua", StringComparison.Ordinal) && !name.EndsWith("-send.lua", StringComparison.Ordinal))
            .SelectMany(name => Call().Matches(EmbeddedScript.Load(name[..^4])))
            .Select(call => call.Groups["command"].Value is var command && command is "XGROUP" or "XINFO" ? $"{command}|{call.Groups["subcommand"].Value}" : call.Groups["command"].Value)
            .Except(Optional)
            .Distinct()
            .ToList();
        commands.Should().HaveCountGreaterThan(8, "scripts call commands");
        return commands;
    }

    [GeneratedRegex(@"redis\.p?call\('(?<command>[A-Z]+)'(, '(?<subcommand>[A-Z]+)')?")]
    private static partial Regex Call();
}
