namespace RedisMessaging.SampleTests.Infrastructure;

/// <summary>Two servers of the Chat sample on a Redis of their own, of which the first may be killed and started again where it was.</summary>
public sealed class ChatServers : IAsyncLifetime, IAsyncDisposable
{
    private readonly SampleProgram?[] _servers = new SampleProgram?[2];
    private OwnRedisServer? _redis;

    public string First { get; init; } = $"http://127.0.0.1:{FreePort.Find()}";

    public string Second { get; init; } = $"http://127.0.0.1:{FreePort.Find()}";

    /// <summary>Rooms beside those in appsettings.json: id and title.</summary>
    public IReadOnlyDictionary<string, string> Rooms { get; init; } = new Dictionary<string, string>();

    public string Connection => _redis!.ConnectionString;

    public async Task InitializeAsync()
    {
        _redis = await RedisServer.StartPrivateAsync();
        await Task.WhenAll(StartAsync(0), StartAsync(1));
    }

    public Task StartFirstAsync() => StartAsync(0);

    public Task KillFirstAsync() => _servers[0]!.KillAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers.OfType<SampleProgram>())
        {
            await server.DisposeAsync();
        }

        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }
    }

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    private async Task StartAsync(int index)
    {
        // A page may come from either server, and from nowhere else.
        var settings = new Dictionary<string, string> { ["Chat__Origins__0"] = First, ["Chat__Origins__1"] = Second };
        foreach (var (room, title) in Rooms)
        {
            settings[$"Chat__Rooms__{room}"] = title;
        }

        _servers[index] = await SampleProgram.StartAsync("Chat", Connection, ["serve", "--urls", index == 0 ? First : Second], settings);
        await _servers[index]!.PrintsAsync("listening on ");
    }
}
