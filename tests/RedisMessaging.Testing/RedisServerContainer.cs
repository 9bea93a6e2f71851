using Testcontainers.Redis;

namespace RedisMessaging.Testing;

/// <summary>A Redis in a container, on a port that stays the same when it is restarted.</summary>
internal sealed class RedisServerContainer : OwnRedisServer
{
    /// <summary>The environment variable with the image to start; <see cref="Image"/> where it is not set.</summary>
    private const string ImageVariable = "REDIS_MESSAGING_TEST_IMAGE";

    private const string Image = "redis:7.4";
    private const int Port = 6379;

    private readonly RedisContainer _container;
    private readonly int _port;

    private RedisServerContainer(RedisContainer container, int port)
    {
        _container = container;
        _port = port;
    }

    public override string ConnectionString => $"{_container.Hostname}:{_port}";

    public static async Task<OwnRedisServer> StartAsync(IReadOnlyList<string> settings)
    {
        var port = FreePort.Find();
        string[] command = ["redis-server", "--enable-debug-command", "yes", .. settings];
        var container = new RedisBuilder(Environment.GetEnvironmentVariable(ImageVariable) is { Length: > 0 } named ? named : Image)
            .WithPortBinding(port, Port)
            .WithCommand(command)
            .Build();
        await container.StartAsync();
        return new RedisServerContainer(container, port);
    }

    /// <summary>Not as rough as a process' end (SIGTERM first), but all that containers have in common.</summary>
    public override Task KillAsync() => _container.StopAsync();

    public override async Task RestartAsync()
    {
        await KillAsync();
        await _container.StartAsync();
    }

    public override Task PauseAsync() => _container.PauseAsync();

    public override Task ResumeAsync() => _container.UnpauseAsync();

    public override ValueTask DisposeAsync() => _container.DisposeAsync();
}
