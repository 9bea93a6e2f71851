using BenchmarkDotNet.Attributes;
using RedisMessaging.Load.Messages;
using RedisMessaging.Load.Scenarios;
using RedisMessaging.Load.Ways;

namespace RedisMessaging.Benchmarks;

/// <summary>
/// A backlog of queue and stream handled by a handler that does nothing, from the first connection to the last ack that was sent; on Pub/Sub, which keeps none, as many messages from 64 publishers to the
/// handler. By hand: batches of 100 with one ack each, and StackExchange.Redis' queue of a subscription. One operation is one message.
/// </summary>
[Config(typeof(WithoutLoop))]
[MemoryDiagnoser]
public class DrainBenchmarks
{
    private const int Messages = 100_000;
    private const int Publishers = 64;

    private BenchmarkRedis? _redis;
    private Place? _template;
    private Place? _place;

    [Params(TransportKind.PubSub, TransportKind.Queue, TransportKind.Stream)]
    public TransportKind Transport { get; set; }

    // Not async: the in-process toolchain of BenchmarkDotNet 0.14 does not wait for a set-up's task.
    [GlobalSetup]
    public void SetUp()
    {
        _redis = BenchmarkRedis.StartAsync().GetAwaiter().GetResult();
        _template = Place.New(_redis.Connection);
        if (Transport != TransportKind.PubSub)
        {
            Backlog.PublishAsync(_template, Transport, Messages).GetAwaiter().GetResult();
        }
    }

    [IterationSetup]
    public void Fill()
    {
        _place = Place.New(_redis!.Connection);
        if (Transport != TransportKind.PubSub)
        {
            Backlog.CopyAsync(_template!, _place, Transport).GetAwaiter().GetResult();
        }
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Messages)]
    public Task ByHand() => DrainAsync(AllWays.BatchOf(Transport));

    [Benchmark(OperationsPerInvoke = Messages)]
    public Task Bus() => DrainAsync(new BusWay(Transport));

    [IterationCleanup]
    public void Empty() => _place!.ClearAsync().GetAwaiter().GetResult();

    [GlobalCleanup]
    public void CleanUp()
    {
        _template!.ClearAsync().GetAwaiter().GetResult();
        _redis!.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private async Task DrainAsync(Way way)
    {
        var left = Messages;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var consuming = await way.ConsumeAsync(_place!, Handle);
        if (Transport == TransportKind.PubSub)
        {
            await using var sender = await way.OpenSenderAsync(_place!);
            await Callers.RunAsync(Publishers, sender, MessageSource.Of(Messages));
        }

        await done.Task.WaitAsync(TimeSpan.FromMinutes(1));

        void Handle(LoadMessage message)
        {
            if (Interlocked.Decrement(ref left) == 0)
            {
                done.TrySetResult();
            }
        }
    }
}
