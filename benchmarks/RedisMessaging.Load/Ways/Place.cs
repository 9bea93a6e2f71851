using StackExchange.Redis;

namespace RedisMessaging.Load.Ways;

/// <summary>Where something is measured: a server, and a prefix that nothing else uses. The bus and what is written by hand use the same keys for messages.</summary>
internal sealed record Place(string Connection, string Prefix)
{
    public const string Topic = "load";

    public const string Group = "load";

    public static Place New(string connection) => new(connection, $"load-{Guid.NewGuid():N}:");

    public RedisKey Queue { get; } = $"{Prefix}{{{Topic}}}:queue";

    public RedisKey Stream { get; } = $"{Prefix}{{{Topic}}}:stream";

    /// <summary>What a hand-written consumer holds: a hash or a list.</summary>
    public RedisKey Held { get; } = $"{Prefix}{{{Topic}}}:held";

    public RedisKey Arrivals { get; } = $"{Prefix}{{{Topic}}}:arrivals";

    public RedisChannel Channel { get; } = RedisChannel.Literal(Prefix + Topic);

    /// <param name="sockets">Whose threads read replies; StackExchange.Redis' own unless said otherwise.</param>
    public async Task<ConnectionMultiplexer> ConnectAsync(SocketManager? sockets = null)
    {
        var options = ConfigurationOptions.Parse(Connection);
        options.AllowAdmin = true;
        options.SocketManager = sockets;
        options.AsyncTimeout = options.SyncTimeout = 60_000;
        return await ConnectionMultiplexer.ConnectAsync(options);
    }

    /// <summary>Deletes what is there, at once: freed in the background it would take a core from what is measured next.</summary>
    public async Task ClearAsync()
    {
        await using var connection = await ConnectAsync();
        foreach (var server in connection.GetServers())
        {
            await foreach (var key in server.KeysAsync(pattern: Prefix + "*", pageSize: 10_000))
            {
                await connection.GetDatabase().KeyDeleteAsync(key);
            }
        }
    }
}
