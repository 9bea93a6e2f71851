using StackExchange.Redis;

namespace RedisMessaging.Tests.Testing;

/// <summary>The servers that fault tests stand on.</summary>
[Trait("Needs", "Redis")]
public sealed class RedisServerTests
{
    [Fact]
    public async Task What_was_acknowledged_survives_a_kill()
    {
        await using var server = await RedisServer.StartPrivateAsync(appendOnly: true);
        await using (var connection = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString))
        {
            await connection.GetDatabase().StringSetAsync("kept", "yes");
        }

        var before = server.ConnectionString;
        await server.KillAsync();
        await FluentActions.Awaiting(() => ConnectionMultiplexer.ConnectAsync(server.ConnectionString + ",connectTimeout=200,connectRetry=1")).Should().ThrowAsync<RedisConnectionException>();
        await server.RestartAsync();

        server.ConnectionString.Should().Be(before);
        await using var again = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);
        (await again.GetDatabase().StringGetAsync("kept")).Should().Be("yes");
    }

    [Fact]
    public async Task A_paused_server_answers_when_it_goes_on()
    {
        await using var server = await RedisServer.StartPrivateAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);
        await server.PauseAsync();

        var ping = connection.GetDatabase().PingAsync();
        await Task.Delay(TimeSpan.FromMilliseconds(100));
        ping.IsCompleted.Should().BeFalse();
        await server.ResumeAsync();

        await Eventually.EndsAsync(ping);
    }
}
