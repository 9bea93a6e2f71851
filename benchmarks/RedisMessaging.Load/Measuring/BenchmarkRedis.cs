using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

namespace RedisMessaging.Load.Measuring;

/// <summary>The Redis to measure on: the one that <c>REDIS_MESSAGING_TEST_REDIS</c> names, else a redis-server of our own.</summary>
internal sealed class BenchmarkRedis : IAsyncDisposable
{
    private readonly Process? _process;

    private BenchmarkRedis(string connection, Process? process)
    {
        Connection = connection;
        _process = process;
    }

    public string Connection { get; }

    public static async Task<BenchmarkRedis> StartAsync()
    {
        if (Environment.GetEnvironmentVariable("REDIS_MESSAGING_TEST_REDIS") is { Length: > 0 } given)
        {
            return new BenchmarkRedis(given, null);
        }

        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        var process = Process.Start(new ProcessStartInfo("redis-server", ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", Path.GetTempPath(), "--loglevel", "warning"]) { RedirectStandardOutput = true })!;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Stop(process);
        var redis = new BenchmarkRedis($"127.0.0.1:{port}", process);
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.Connection + ",connectTimeout=500");
                return redis;
            }
            catch (RedisConnectionException) when (attempt < 50 && !process.HasExited)
            {
                await Task.Delay(100);
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            Stop(_process);
        }

        return ValueTask.CompletedTask;
    }

    private static void Stop(Process process)
    {
        if (!process.HasExited)
        {
            process.Kill();
            process.WaitForExit();
        }
    }
}
