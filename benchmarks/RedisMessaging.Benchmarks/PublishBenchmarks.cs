using System.Text;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using StackExchange.Redis;

namespace RedisMessaging.Benchmarks;

/// <summary>
/// Publishing one message and awaiting its outcome, against the same command with the same number of bytes through StackExchange.Redis by hand. One operation is one message.
/// </summary>
[Config(typeof(WithoutLoop))]
[MemoryDiagnoser]
public class PublishBenchmarks : IDisposable
{
    private const int Messages = 6_400;

    private byte[] _body = [];
    private byte[] _frame = [];
    private BenchmarkRedis? _redis;
    private ConnectionMultiplexer? _connection;
    private IDatabase? _database;
    private RedisMessageBus? _bus;

    [Params(TransportKind.PubSub, TransportKind.Queue, TransportKind.Stream)]
    public TransportKind Transport { get; set; }

    /// <summary>How many publish at the same time, each awaiting its own.</summary>
    [Params(1, 64)]
    public int Callers { get; set; }

    [Params(64, 256, 4_096)]
    public int BodySize { get; set; }

    // Not async: the in-process toolchain of BenchmarkDotNet 0.14 does not wait for a set-up's task.
    [GlobalSetup]
    public void SetUp() => SetUpAsync().GetAwaiter().GetResult();

    private async Task SetUpAsync()
    {
        _body = Encoding.ASCII.GetBytes(new string('x', BodySize));
        _redis = await BenchmarkRedis.StartAsync();
        _connection = await ConnectionMultiplexer.ConnectAsync(_redis.Connection);
        _database = _connection.GetDatabase();
        _bus = await RedisMessageBus.ConnectAsync(_redis.Connection, messaging =>
        {
            messaging.KeyPrefix = "bench:";
            messaging.AddTopic<byte[]>("bus", Transport);
        });

        // What the bus writes around a body, so that both send the same number of bytes.
        var header = "{\"rm\":1,\"id\":\"01a1fdf89f627bd0abd4596ddba6adc3\",\"type\":\"byte-array\",\"at\":1763712000123,\"src\":\"RedisMessaging.Benchmarks/3b21b70782f7\"}\n";
        _frame = [.. Encoding.UTF8.GetBytes(header), .. _body];
    }

    /// <summary>Neither list nor stream grows from one iteration to the next.</summary>
    [IterationSetup]
    public void Clear() => _database!.KeyDelete(["bench:{bus}:queue", "bench:{bus}:stream", "bench:{hand}:queue", "bench:{hand}:stream"]);

    [Benchmark(Baseline = true, OperationsPerInvoke = Messages)]
    public Task ByHand() => PublishAllAsync(async () =>
    {
        switch (Transport)
        {
            case TransportKind.PubSub:
                await _database!.PublishAsync(RedisChannel.Literal("bench:hand"), _frame);
                break;
            case TransportKind.Queue:
                await _database!.ListLeftPushAsync("bench:{hand}:queue", _frame);
                break;
            default:
                await _database!.StreamAddAsync("bench:{hand}:stream", "m", _frame);
                break;
        }
    });

    [Benchmark(OperationsPerInvoke = Messages)]
    public Task Bus() => PublishAllAsync(async () => await _bus!.PublishAsync(_body));

    [GlobalCleanup]
    public void CleanUp()
    {
        Clear();
        CleanUpAsync().GetAwaiter().GetResult();
    }

    private async Task CleanUpAsync()
    {
        await _bus!.DisposeAsync();
        await _connection!.DisposeAsync();
        await _redis!.DisposeAsync();
    }

    public void Dispose()
    {
        _connection?.Dispose();
        GC.SuppressFinalize(this);
    }

    private Task PublishAllAsync(Func<Task> publish)
    {
        return Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(CallAsync)));

        async Task CallAsync()
        {
            for (var i = 0; i < Messages / Callers; i++)
            {
                await publish();
            }
        }
    }
}
