using System.Globalization;
using System.Text.RegularExpressions;
using RedisMessaging.SampleTests.Infrastructure;
using StackExchange.Redis;

namespace RedisMessaging.SampleTests;

/// <summary>The built SwitchTransport: what becomes of messages while their consumer is killed, over each transport.</summary>
public sealed class SwitchTransportTests
{
    [Theory]
    [InlineData("PubSub")]
    [InlineData("Queue")]
    [InlineData("Stream")]
    public async Task A_consumer_that_is_killed_costs_what_its_transport_says(string transport)
    {
        await using var server = await RedisServer.StartPrivateAsync();

        var output = await SampleProgram.RunAsync("SwitchTransport", server.ConnectionString, ["--transport", transport]);

        var row = Regex.Match(output, $@"^{transport}\s+(?<published>\d+)\s+(?<delivered>\d+)\s+(?<lost>\d+)\s+(?<doubled>\d+)\s+(?<reordered>\d+)", RegexOptions.Multiline);
        row.Success.Should().BeTrue(output);
        int Count(string column) => int.Parse(row.Groups[column].Value, CultureInfo.InvariantCulture);
        Count("published").Should().Be(1_500);
        (Count("delivered") + Count("lost")).Should().Be(1_500);
        if (transport == "PubSub")
        {
            Count("lost").Should().BeGreaterThanOrEqualTo(500, "a third was published while nobody listened");
            (Count("doubled"), Count("reordered")).Should().Be((0, 0));
        }
        else
        {
            Count("lost").Should().Be(0);
        }

        await using var redis = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString + ",allowAdmin=true");
        (await redis.GetServers().Single().DatabaseSizeAsync()).Should().Be(0, "it clears up behind itself");
    }
}
