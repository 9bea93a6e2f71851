using System.Globalization;
using System.Text.RegularExpressions;
using RedisMessaging.SampleTests.Infrastructure;

namespace RedisMessaging.SampleTests;

/// <summary>The built Resilience sample: what a Polly pipeline, a pause after failures and an observer of dead letters are each for.</summary>
public sealed partial class ResilienceTests
{
    [Fact]
    public async Task Short_failures_take_no_attempt_an_outage_gives_nothing_up_and_a_bad_order_is_reported()
    {
        await using var server = await RedisServer.StartPrivateAsync();

        var output = await SampleProgram.RunAsync("Resilience", server.ConnectionString);

        output.Should().Contain("charged | 20 orders, at most 1 attempt each");
        output.Should().Contain("for 20 orders, 0 given up");
        int.Parse(CallsWhileDown().Match(output).Groups[1].Value, CultureInfo.InvariantCulture).Should().BeLessThan(60, "all attempts of all orders would be 180 calls");
        output.Should().Contain("up      | 40 orders charged, at most ");
        output.Should().Contain("given up | order 99 | card-expired, attempt 1");
        output.Should().Contain("charged 40 of 40, given up: order 99");
    }

    [GeneratedRegex(@"down    \| (\d+) calls")]
    private static partial Regex CallsWhileDown();
}
