using RedisMessaging.SampleTests.Infrastructure;
using StackExchange.Redis;

namespace RedisMessaging.SampleTests;

/// <summary>The built Todo, run as its users run it first.</summary>
public sealed class TodoStoryTests
{
    [Fact]
    public async Task Its_story_comes_out_as_promised()
    {
        await using var server = await RedisServer.StartPrivateAsync();

        var output = await SampleProgram.RunAsync("Todo", server.ConnectionString);

        output.Should().Contain("PUT /todos/… 두유 사기, from version 1: 409 Conflict");
        output.Should().Contain("rows in the outbox: 1; messages in the stream: 5; GET /summary: 5 updates handled, 2 open, 1 done");
        output.Should().Contain("rows in the outbox: 1; messages in the stream: 6; GET /summary: 6 updates handled, 1 open, 2 done");
        output.Should().Contain("published again, stored once (Duplicate)");
        output.Should().EndWith("exactly once: 6 changes saved, 6 messages in the stream, 6 updates handled");
        output.Split("worker | handled: 우유와 빵 사기, version 3, Done").Should().HaveCount(2, "it is handled once");

        await using var redis = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString + ",allowAdmin=true");
        (await redis.GetServers().Single().DatabaseSizeAsync()).Should().Be(0, "it clears up behind itself");
    }
}
