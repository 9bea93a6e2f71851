using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RedisMessaging.Configuration.Settings;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Tests.Support;
using RedisMessaging.Topics;

namespace RedisMessaging.Tests.Configuration;

/// <summary>A connection may be given by its name in ConnectionStrings.</summary>
public sealed class NamedConnectionTests
{
    [Theory]
    [InlineData("redis")]
    [InlineData("REDIS")]
    [InlineData(" redis ")]
    public void A_name_stands_for_its_connection_string(string name)
    {
        using var log = new ListLoggerProvider();
        Servers(Resolve(name, log, ("ConnectionStrings:redis", "redis://shop:hunter2@db.example.com:7000/2"))).Should().Be("db.example.com:7000");
        log.TextsOf(2007).Should().ContainSingle().Which.Should().Contain("ConnectionStrings:redis").And.NotContain("hunter2");
    }

    [Theory]
    [InlineData("redis", "redis")]
    [InlineData("redis.example.com", "redis.example.com")]
    [InlineData("redis:6379", "redis:6379")]
    public void What_is_no_name_there_is_a_host(string connection, string server) =>
        Servers(Resolve(connection, null, ("ConnectionStrings:orders-database", "Server=sql;Password=hunter2"))).Should().StartWith(server);

    [Fact]
    public void A_host_with_a_port_is_never_a_name() => Servers(Resolve("redis:6379", null, ("ConnectionStrings:redis", "other:1"))).Should().Be("redis:6379");

    [Theory]
    [InlineData("rediss", "redis", "localhost", "*is 'rediss', which ConnectionStrings does not have. Did you mean 'redis'?*'rediss:6379'*")]
    [InlineData("redis", "redis", "", "*ConnectionStrings:redis*is empty*")]
    [InlineData("redis", "redis", null, "*ConnectionStrings:redis*is empty*")]
    [InlineData("database", "database", "Server=sql;Password=hunter2", "The Redis connection string (ConnectionStrings:database) can't be read*")]
    public void A_name_that_leads_nowhere_is_refused(string connection, string name, string? value, string message)
    {
        var resolving = () => Resolve(connection, null, ($"ConnectionStrings:{name}", value));
        resolving.Should().Throw<RedisMessagingConfigurationException>().WithMessage(message).Which.ToString().Should().NotContain("hunter2");
    }

    [Fact]
    public void The_host_s_configuration_has_the_connection_strings_of_a_section()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new("RedisMessaging:Connection", "redis"), new("ConnectionStrings:redis", "")]);
        builder.Services.AddRedisMessaging(builder.Configuration.GetSection("RedisMessaging"), b => b.AddStream<string>("a"));
        Refused(builder, "*ConnectionStrings:redis*is empty*");
    }

    [Fact]
    public void A_name_can_be_given_in_code()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new("ConnectionStrings:redis", "")]);
        builder.Services.AddRedisMessaging("redis", b => b.AddStream<string>("a"));
        Refused(builder, "*ConnectionStrings:redis*is empty*");
    }

    [Fact]
    public void Without_a_connection_the_path_and_the_names_are_in_the_text()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new("RedisMessaging:KeyPrefix", "a:"), new("ConnectionStrings:cache", "localhost")]);
        builder.Services.AddRedisMessaging(builder.Configuration.GetSection("RedisMessaging"), b => b.AddStream<string>("a"));
        Refused(builder, "*IConnectionMultiplexer*(RedisMessaging:Connection)*'cache'*");
    }

    [Theory]
    [InlineData("RedisMessaging", "RedisMesaging", "*'RedisMessaging'*does not exist. Did you mean 'RedisMesaging'?*")]
    [InlineData("Shop:Messaging", "Shop:Mesaging", "*'Shop:Messaging'*does not exist. Did you mean 'Shop:Mesaging'?*")]
    public void A_section_that_does_not_exist_while_one_of_nearly_its_name_does_is_refused(string given, string written, string message)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new($"{written}:KeyPrefix", "a:"), new("ConnectionStrings:cache", "localhost")]);
        builder.Services.AddRedisMessaging(builder.Configuration.GetSection(given), b => b.AddStream<string>("a"));
        Refused(builder, message);
    }

    [Fact]
    public async Task A_second_section_of_nearly_its_name_is_logged()
    {
        using var log = new ListLoggerProvider();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddProvider(log);
        builder.Configuration.AddInMemoryCollection([new("RedisMessaging:Connection", "localhost:1"), new("RedisMesaging:KeyPrefix", "a:")]);
        builder.Services.AddRedisMessaging(builder.Configuration.GetSection("RedisMessaging"), b => b.AddStream<string>("a"));
        var host = builder.Build();
        host.Services.GetRequiredService<RedisMessageBus>();
        await Eventually.TrueAsync(() => log.TextsOf(2003).Any());
        log.TextsOf(2003).Should().ContainSingle().Which.Should().Contain("RedisMesaging");
        await ((IAsyncDisposable)host).DisposeAsync();
    }

    [Fact]
    public void The_whole_configuration_instead_of_a_section_is_refused_when_it_has_one()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new("RedisMessaging:KeyPrefix", "a:"), new("PATH", "/bin")]);
        builder.Services.AddRedisMessaging((IConfiguration)builder.Configuration, b => b.AddStream<string>("a"));
        Refused(builder, "*given the whole configuration*GetSection(\"RedisMessaging\")*");
    }

    [Fact]
    public async Task A_configuration_of_its_own_needs_no_section()
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("Connection", "redis"), new("ConnectionStrings:redis", "localhost:1"), new("KeyPrefix", "a:"), new("PATH", "/bin"), new("Topics:a", "Queue")])
            .Build();
        await using var provider = new ServiceCollection().AddRedisMessaging(configuration, b => b.AddStream<string>("a")).BuildServiceProvider();
        provider.GetRequiredService<RedisMessageBus>().Topic("a").Transport.Should().Be(TransportKind.Queue);

        configuration["KeyPrefx"] = "b:";
        await using var misspelt = new ServiceCollection().AddRedisMessaging(configuration, b => b.AddStream<string>("a")).BuildServiceProvider();
        var starting = () => misspelt.GetRequiredService<RedisMessageBus>();
        starting.Should().Throw<RedisMessagingConfigurationException>().WithMessage("KeyPrefx ('b:')*Did you mean 'KeyPrefix'?*");
    }

    private static void Refused(HostApplicationBuilder builder, string message)
    {
        var host = builder.Build();
        var starting = () => host.Services.GetRequiredService<RedisMessageBus>();
        starting.Should().Throw<RedisMessagingConfigurationException>().WithMessage(message);
    }

    private static ConnectionSource Resolve(string connection, ListLoggerProvider? log, params (string Key, string? Value)[] configuration) =>
        RedisMessaging.Configuration.Settings.NamedConnection.Resolve(
            connection,
            "RedisMessaging:Connection",
            [new ConfigurationBuilder().AddInMemoryCollection(configuration.Select(pair => new KeyValuePair<string, string?>(pair.Key, pair.Value))).Build(), null],
            log ?? new ListLoggerProvider());

    private static string Servers(ConnectionSource source) =>
        string.Join("|", source.Options!.EndPoints.Select(server => server is DnsEndPoint dns ? $"{dns.Host}:{dns.Port}" : server.ToString()));
}
