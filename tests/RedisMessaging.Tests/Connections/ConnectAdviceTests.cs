using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Tests.Support;
using StackExchange.Redis;

namespace RedisMessaging.Tests.Connections;

/// <summary>A server that can't be reached is reported with its name, without a password and without StackExchange.Redis' advice, which is wrong here.</summary>
public sealed class ConnectAdviceTests
{
    [Theory]
    [InlineData("127.0.0.1:1,password=hunter2,connectTimeout=100", "127.0.0.1:1")]
    [InlineData("redis://shop:hunter2@127.0.0.1:1?connectTimeout=100", "127.0.0.1:1")]
    public async Task A_server_that_can_t_be_reached_is_named_and_nothing_else(string connection, string server)
    {
        using var log = new ListLoggerProvider();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddProvider(log);
        builder.Services.AddRedisMessaging(connection, b =>
        {
            b.StartTimeout = TimeSpan.FromMilliseconds(300);
            b.AddStream<string>("a");
        });
        var host = builder.Build();

        var starting = async () => await host.StartAsync();
        var error = (await starting.Should().ThrowAsync<RedisMessagingConnectionException>()).WithMessage($"Redis ({server}) could not be reached*StartTimeout*StartWithoutRedis*").Which;

        foreach (var text in log.Errors.Select(logged => logged.ToString()).Concat(log.Lines.Select(line => line.Text)).Append(error.ToString()))
        {
            text.Should().NotContain("hunter2").And.NotContain("abortConnect").And.NotContain("AbortOnConnectFail");
        }

        await ((IAsyncDisposable)host).DisposeAsync();
    }

    [Fact]
    public async Task The_advice_is_recognized_as_StackExchange_Redis_writes_it()
    {
        var connecting = () => ConnectionMultiplexer.ConnectAsync("127.0.0.1:1,connectTimeout=100,connectRetry=1");
        var raw = (await connecting.Should().ThrowAsync<RedisConnectionException>()).Which;
        raw.Message.Should().Contain("abortConnect=false", "else this is no longer needed");

        var plain = ConnectAdvice.Without(raw);
        plain.Message.Should().StartWith("It was not possible to connect to the redis server(s).").And.NotContain("abortConnect");
        plain.FailureType.Should().Be(raw.FailureType);
        ConnectAdvice.Without(plain).Should().BeSameAs(plain);
    }

    [Fact]
    public void A_configuration_string_that_can_t_be_read_back_is_not_shown()
    {
        var given = new ConfigurationOptions { EndPoints = { "localhost:1" }, Password = "a,hunter2=b", AbortOnConnectFail = false };
        using var existing = ConnectionMultiplexer.Connect(given);
        var copying = () => ConnectionSource.From(() => existing).CopyOptions(existing);
        copying.Should().Throw<RedisMessagingConfigurationException>().WithMessage("*can't be read back*comma*BlockingConnectionOptions*").Which.ToString().Should().NotContain("hunter2");
    }
}
