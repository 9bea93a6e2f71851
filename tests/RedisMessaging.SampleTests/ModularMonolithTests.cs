using RedisMessaging.SampleTests.Infrastructure;
using StackExchange.Redis;

namespace RedisMessaging.SampleTests;

/// <summary>The built ModularMonolith: three modules on two buses, and a fourth module that disagrees.</summary>
public sealed class ModularMonolithTests
{
    [Fact]
    public async Task Orders_go_through_three_modules_and_two_buses_and_a_module_that_disagrees_is_refused()
    {
        await using var server = await RedisServer.StartPrivateAsync();

        var output = await SampleProgram.RunAsync("ModularMonolith", server.ConnectionString, ["--orders", "8"], new Dictionary<string, string> { ["ConnectionStrings__redis"] = server.ConnectionString });

        output.Should().Contain("ordering | order 8 placed: 사과").And.Contain("billing  | order 8 charged: 3,500 won").And.Contain("shipping | order 8 shipped: 사과");
        output.Should().Contain("placed 8, charged 8, shipped 8");
        output.Should().Contain("shared bus    | orders: 8 messages in the stream").And.Contain("shared bus    | payments: 8 messages in the stream");
        output.Should().Contain("shared bus    | No topic 'charges' is registered").And.Contain("bus 'billing' | No topic 'orders' is registered");
        output.Should().MatchRegex(
            @"Topic 'orders' of the bus without a name is added twice, and not in the same way: a Stream by AddRedisMessagingTopics in \S+OrderingModule\.AddOrdering, and a Queue by AddRedisMessagingTopics in \S+ReturnsModule\.AddReturns");
        output.Should().NotContain("warn:");

        await using var redis = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);
        var keys = redis.GetServers().Single().Keys(pattern: "*").Select(key => $"{key}").ToList();
        keys.Should().Contain("modular-monolith-sample:shop:{orders}:stream").And.Contain(key => key.StartsWith("modular-monolith-sample:billing:{charges}:", StringComparison.Ordinal));
        keys.Should().OnlyContain(key => key.StartsWith("modular-monolith-sample:", StringComparison.Ordinal));
    }
}
