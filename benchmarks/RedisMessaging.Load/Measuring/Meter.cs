using System.Diagnostics;
using System.Globalization;
using StackExchange.Redis;

namespace RedisMessaging.Load.Measuring;

/// <summary>Reads the clocks of both sides: time, this process' CPU and allocations, the server's CPU.</summary>
internal sealed class Meter : IAsyncDisposable
{
    private readonly ConnectionMultiplexer _connection;
    private long _started;
    private double _client;
    private double _server;
    private long _allocated;

    private Meter(ConnectionMultiplexer connection) => _connection = connection;

    public static async Task<Meter> OpenAsync(string connection) => new(await ConnectionMultiplexer.ConnectAsync(connection + ",allowAdmin=true"));

    public async Task StartAsync()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        _server = await ServerAsync();
        _client = Client();
        _allocated = GC.GetTotalAllocatedBytes(precise: true);
        _started = Stopwatch.GetTimestamp();
    }

    /// <param name="seconds">How long it took, where the whole time is not what counts.</param>
    public async Task<Sample> StopAsync(string way, long messages, double? seconds = null)
    {
        var elapsed = seconds ?? Stopwatch.GetElapsedTime(_started).TotalSeconds;
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - _allocated;
        var client = Client() - _client;
        return new Sample(way, messages, elapsed, allocated, client, await ServerAsync() - _server);
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private static double Client() => Process.GetCurrentProcess().TotalProcessorTime.TotalMicroseconds;

    private async Task<double> ServerAsync()
    {
        var lines = (await _connection.GetServers()[0].InfoRawAsync("cpu") ?? "").Split('\n');
        return 1e6 * (Seconds("used_cpu_sys:") + Seconds("used_cpu_user:"));

        double Seconds(string name) => double.Parse(lines.Single(line => line.StartsWith(name, StringComparison.Ordinal)).AsSpan(name.Length), CultureInfo.InvariantCulture);
    }
}
