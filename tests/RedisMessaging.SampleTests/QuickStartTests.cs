using System.Text.RegularExpressions;
using RedisMessaging.SampleTests.Infrastructure;
using StackExchange.Redis;

namespace RedisMessaging.SampleTests;

/// <summary>The built QuickStart, run as its users run it.</summary>
public sealed class QuickStartTests
{
    [Fact]
    public async Task One_word_in_appsettings_json_changes_its_transport()
    {
        await using var server = await RedisServer.StartPrivateAsync();
        await using var redis = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString + ",allowAdmin=true");
        var database = redis.GetDatabase();
        using var copy = new TemporaryFolder();
        copy.CopyFrom(SampleProgram.BuiltTo("QuickStart"));
        var settings = Path.Combine(copy.Path, "appsettings.json");
        var original = await File.ReadAllTextAsync(settings);
        original.Should().Contain("\"Transport\": \"Stream\"");

        // As it comes: a stream.
        (await RunAsync()).Should().Contain("greetings over Stream").And.Contain("안녕하세요").And.Contain("3 of 3 greetings arrived over Stream");
        var commands = await CommandsSinceAsync();
        commands.Should().Contain("xadd").And.Contain("xreadgroup").And.NotContain("lpush");
        (await database.StreamLengthAsync("quickstart:{greetings}:stream")).Should().Be(3);

        // One word changed: a queue.
        await File.WriteAllTextAsync(settings, original.Replace("\"Transport\": \"Stream\"", "\"Transport\": \"Queue\"", StringComparison.Ordinal));
        (await RunAsync()).Should().Contain("greetings over Queue").And.Contain("3 of 3 greetings arrived over Queue");
        commands = await CommandsSinceAsync();
        // An XADD may ring for a consumer that waits (`…:queue:wake`), and stores no message.
        commands.Should().Contain("lpush").And.Contain("ltrim", "a claim takes from the list what it put among its own before");
        (await database.StreamLengthAsync("quickstart:{greetings}:stream")).Should().Be(3, "nothing was added to the stream");

        // Another: Pub/Sub.
        await File.WriteAllTextAsync(settings, original.Replace("\"Transport\": \"Stream\"", "\"Transport\": \"PubSub\"", StringComparison.Ordinal));
        (await RunAsync()).Should().Contain("greetings over PubSub").And.Contain("3 of 3 greetings arrived over PubSub");
        commands = await CommandsSinceAsync();
        // An XADD may try what the server can do for the program's other topic, which is a stream.
        commands.Should().Contain("publish").And.NotContain("lpush");
        (await database.StreamLengthAsync("quickstart:{greetings}:stream")).Should().Be(3, "nothing was added to the stream");

        async Task<string> RunAsync()
        {
            await redis.GetServers().Single().ExecuteAsync("CONFIG", "RESETSTAT");
            return await SampleProgram.RunAsync("QuickStart", server.ConnectionString, folder: copy.Path);
        }

        async Task<IReadOnlyList<string>> CommandsSinceAsync()
        {
            var statistics = (string)(await redis.GetServers().Single().ExecuteAsync("INFO", "commandstats"))!;
            return [.. Regex.Matches(statistics, @"^cmdstat_([a-z]+)[:|]", RegexOptions.Multiline).Select(match => match.Groups[1].Value)];
        }
    }
}
