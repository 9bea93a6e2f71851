using System.Diagnostics;
using System.Globalization;
using StackExchange.Redis;

namespace RedisMessaging.Benchmarks;

/// <summary>
/// What remembering ids costs: bytes in Redis for each, and time for each publish (with and without an id that the publisher gives) and each handling (with and without an inbox).
/// Rounds alternate, so that all meet the same machine; the median counts.
/// </summary>
internal static class Deduplication
{
    private const int Rounds = 5;
    private const int Remembered = 100_000;
    private const int AtOnce = 64;
    private const string Topic = "dedup";
    private static readonly byte[] Body = new byte[256];

    public static async Task RunAsync(int messages)
    {
        await using var redis = await BenchmarkRedis.StartAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.Connection);
        Console.WriteLine($"{messages:N0} messages of {Body.Length} B, {Rounds} rounds each, {Environment.ProcessorCount} cores, .NET {Environment.Version}");
        foreach (var format in new[] { "N", "D" })
        {
            await MeasureMemoryAsync(redis.Connection, connection.GetDatabase(), format);
        }

        foreach (var transport in new[] { TransportKind.Queue, TransportKind.Stream })
        {
            await ComparePublishingAsync(redis.Connection, connection.GetDatabase(), transport, callers: 1, messages / 10);
            await ComparePublishingAsync(redis.Connection, connection.GetDatabase(), transport, AtOnce, messages);
            await CompareHandlingAsync(redis.Connection, connection.GetDatabase(), transport, concurrency: 1, messages / 10);
            await CompareHandlingAsync(redis.Connection, connection.GetDatabase(), transport, AtOnce, messages);
        }
    }

    /// <summary>Publishes with ids of one format and has them handled, and asks Redis what the two sets take.</summary>
    private static async Task MeasureMemoryAsync(string connection, IDatabase database, string format)
    {
        var prefix = NewPrefix();
        await using (var bus = await ConnectAsync(connection, prefix, TransportKind.Queue))
        {
            await PublishManyAsync(bus, Remembered, () => Guid.NewGuid().ToString(format));
            await HandleAsync(bus, Remembered, AtOnce, TimeSpan.FromHours(1));
            // The last acks are on their way.
            while (await database.SortedSetLengthAsync(Key(prefix, "inbox:bench")) < Remembered)
            {
                await Task.Delay(10);
            }
        }

        var ids = await BytesAsync(database, Key(prefix, "ids"));
        var inbox = await BytesAsync(database, Key(prefix, "inbox:bench"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"memory   {Remembered:N0} ids of {Guid.Empty.ToString(format).Length} characters   published {ids:0.0} B each   inbox {inbox:0.0} B each"));
        await RemoveAsync(database, prefix);
    }

    private static async Task ComparePublishingAsync(string connection, IDatabase database, TransportKind transport, int callers, int messages)
    {
        var (without, with) = await CompareAsync(async given =>
        {
            var prefix = NewPrefix();
            await using var bus = await ConnectAsync(connection, prefix, transport);
            await bus.PublishAsync(Body, Options(given));
            var left = messages;
            var started = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
            {
                while (Interlocked.Decrement(ref left) >= 0)
                {
                    await bus.PublishAsync(Body, Options(given));
                }
            })));
            var rate = messages / Stopwatch.GetElapsedTime(started).TotalSeconds;
            await RemoveAsync(database, prefix);
            return rate;
        });
        Print($"publish  {transport,-6} {callers,2} callers", "without an id", without, "with", with);
    }

    private static async Task CompareHandlingAsync(string connection, IDatabase database, TransportKind transport, int concurrency, int messages)
    {
        var (without, with) = await CompareAsync(async remembered =>
        {
            var prefix = NewPrefix();
            await using var bus = await ConnectAsync(connection, prefix, transport);
            await PublishManyAsync(bus, messages, id: null);
            var rate = await HandleAsync(bus, messages, concurrency, remembered ? TimeSpan.FromHours(1) : null);
            await RemoveAsync(database, prefix);
            return rate;
        });
        Print($"handling {transport,-6} {concurrency,2} at once", "without an inbox", without, "with", with);
    }

    /// <summary>The first round warms up.</summary>
    private static async Task<(List<double> Without, List<double> With)> CompareAsync(Func<bool, Task<double>> measure)
    {
        var (without, with) = (new List<double>(), new List<double>());
        for (var round = 0; round <= Rounds; round++)
        {
            var (one, other) = (await measure(false), await measure(true));
            if (round > 0)
            {
                without.Add(one);
                with.Add(other);
            }
        }

        return (without, with);
    }

    private static async Task PublishManyAsync(RedisMessageBus bus, int messages, Func<string>? id)
    {
        foreach (var chunk in Enumerable.Range(0, messages).Chunk(1_000))
        {
            await bus.PublishManyAsync(Topic, chunk.Select(_ => new OutgoingMessage<byte[]>(Body, id is null ? null : new PublishOptions { MessageId = id() })));
        }
    }

    /// <returns>Messages a second.</returns>
    private static async Task<double> HandleAsync(RedisMessageBus bus, int messages, int concurrency, TimeSpan? inbox)
    {
        var left = messages;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var started = Stopwatch.GetTimestamp();
        await using var subscription = await bus.SubscribeAsync<byte[]>(
            Topic,
            (_, _, _) =>
            {
                if (Interlocked.Decrement(ref left) == 0)
                {
                    done.TrySetResult();
                }

                return ValueTask.CompletedTask;
            },
            new SubscribeOptions { Group = "bench", Concurrency = concurrency, Prefetch = 1_000, InboxWindow = inbox });
        await done.Task.WaitAsync(TimeSpan.FromMinutes(2));
        return messages / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static PublishOptions Options(bool given) => given ? new PublishOptions { MessageId = Guid.NewGuid().ToString("N") } : new PublishOptions();

    private static Task<RedisMessageBus> ConnectAsync(string connection, string prefix, TransportKind transport) => RedisMessageBus.ConnectAsync(connection, messaging =>
    {
        messaging.KeyPrefix = prefix;
        messaging.AddTopic<byte[]>(Topic, transport);
    }).AsTask();

    private static string NewPrefix() => $"dedup-{Guid.NewGuid():N}:";

    private static RedisKey Key(string prefix, string name) => $"{prefix}{{{Topic}}}:{name}";

    private static async Task<double> BytesAsync(IDatabase database, RedisKey key) => (double)await database.ExecuteAsync("MEMORY", "USAGE", key, "SAMPLES", 0) / await database.SortedSetLengthAsync(key);

    private static async Task RemoveAsync(IDatabase database, string prefix)
    {
        foreach (var server in database.Multiplexer.GetServers())
        {
            await foreach (var key in server.KeysAsync(pattern: prefix + "*"))
            {
                await database.KeyDeleteAsync(key);
            }
        }
    }

    private static void Print(string what, string one, List<double> without, string other, List<double> with) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}   {one} {Describe(without)}   {other} {Describe(with)}   ratio {Median(with) / Median(without):0.00}"));

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static string Describe(List<double> values) => string.Create(CultureInfo.InvariantCulture, $"{Median(values):N0}/s ({values.Min():N0} to {values.Max():N0})");
}
