using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using StackExchange.Redis;

namespace RedisMessaging.Benchmarks;

/// <summary>
/// What bodies of some kilobytes cost on a reliable queue: a backlog drained through the bus, and by hand with BLMPOP 100, which hands out and forgets. Both decode JSON and do nothing with it; a third
/// loop does not decode either. And what it costs when a claim's bodies go through Lua, as a few small ones do; and how fast such messages are published. Rounds alternate, so that all meet the
/// same machine; the median counts.
/// </summary>
internal static class LargeBodies
{
    private const int Rounds = 5;
    private const int Batch = 100;

    public static async Task RunAsync(int messages)
    {
        await using var redis = await BenchmarkRedis.StartAsync();
        Console.WriteLine($"{messages:N0} messages, {Rounds} rounds each, {Environment.ProcessorCount} cores, .NET {Environment.Version}; medians: messages a second (least to most), CPU of client and server for each, and the bus to it");
        foreach (var size in new[] { 256, 1_024, 4_096, 16_384 })
        {
            await MeasureAsync(redis.Connection, size, (int)Math.Min(messages, messages * 4_096L / size));
        }
    }

    private static async Task MeasureAsync(string connection, int size, int messages)
    {
        var message = new LargeMessage(42, new string('x', size - """{"Number":42,"Text":""}""".Length));
        var names = new[] { "publish, bus", "publish, LPUSH 100", "drain, bus", "drain, bus, through Lua", "drain, BLMPOP 100", "drain, BLMPOP 100, not decoded" };
        var samples = Array.ConvertAll(names, _ => new List<Sample>());
        // The first round warms up.
        for (var round = 0; round <= Rounds; round++)
        {
            var (busIn, busOut) = await ThroughBusAsync(connection, message, messages, smallestLot: null);
            var (handIn, handOut) = await ByHandAsync(connection, message, messages, decodes: true);
            var (_, luaOut) = await ThroughBusAsync(connection, message, messages, smallestLot: int.MaxValue);
            var (_, rawOut) = await ByHandAsync(connection, message, messages, decodes: false);
            if (round > 0)
            {
                foreach (var (sample, index) in new[] { busIn, handIn, busOut, luaOut, handOut, rawOut }.Select((sample, index) => (sample, index)))
                {
                    samples[index].Add(sample);
                }
            }

            Console.Error.WriteLine($"{size} B, round {round} of {Rounds}");
        }

        Console.WriteLine($"{size} B");
        for (var i = 0; i < names.Length; i++)
        {
            var rate = Median(samples[i], sample => sample.Rate);
            var ratio = Median(samples[i < 2 ? 0 : 2], sample => sample.Rate) / rate;
            Console.WriteLine(
                $"  {names[i],-32}{rate,9:N0} ({samples[i].Min(sample => sample.Rate):N0} to {samples[i].Max(sample => sample.Rate):N0})   {Median(samples[i], sample => sample.ClientMicroseconds):0.0} + {Median(samples[i], sample => sample.ServerMicroseconds):0.0} µs   {ratio:0.00}");
        }
    }

    private static async Task<(Sample In, Sample Out)> ThroughBusAsync(string connection, LargeMessage message, int messages, int? smallestLot)
    {
        var left = messages;
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var bus = await RedisMessageBus.ConnectAsync(connection, messaging =>
        {
            messaging.KeyPrefix = $"large-{Guid.NewGuid():N}:";
            messaging.UseJson(LargeJson.Default);
            messaging.AddQueue<LargeMessage>("large", queue => queue.SmallestLot = smallestLot);
        });
        await using var admin = await ConnectionMultiplexer.ConnectAsync(connection + ",allowAdmin=true");
        var published = await MeasureAsync(admin, messages, () => InChunksAsync(messages, count => bus.PublishManyAsync(Enumerable.Repeat(message, count)).AsTask()));
        var subscribing = bus.SubscribeAsync<LargeMessage>("large", (_, _, _) =>
        {
            begun.TrySetResult();
            if (Interlocked.Decrement(ref left) == 0)
            {
                done.TrySetResult();
            }

            return ValueTask.CompletedTask;
        }, new SubscribeOptions { Prefetch = 2 * Batch });
        // Opening the subscription is no part of it.
        await begun.Task.WaitAsync(TimeSpan.FromMinutes(2));
        var drained = await MeasureAsync(admin, messages, () => done.Task.WaitAsync(TimeSpan.FromMinutes(2)));
        await (await subscribing).DisposeAsync();
        return (published, drained);
    }

    private static async Task<(Sample In, Sample Out)> ByHandAsync(string connection, LargeMessage message, int messages, bool decodes)
    {
        await using var publisher = await ConnectionMultiplexer.ConnectAsync(connection + ",allowAdmin=true");
        await using var consumer = await ConnectionMultiplexer.ConnectAsync(connection + ",allowAdmin=true");
        RedisKey key = $"large-{Guid.NewGuid():N}";
        var (to, from) = (publisher.GetDatabase(), consumer.GetDatabase());
        var published = await MeasureAsync(publisher, messages, () => InChunksAsync(
            messages,
            count => to.ListLeftPushAsync(key, [.. Enumerable.Range(0, count).Select(_ => (RedisValue)JsonSerializer.SerializeToUtf8Bytes(message, LargeJson.Default.LargeMessage))])));
        var drained = await MeasureAsync(publisher, messages, async () =>
        {
            for (var left = messages; left > 0;)
            {
                var bodies = (RedisValue[])(await from.ExecuteAsync("BLMPOP", 1, 1, key, "RIGHT", "COUNT", Batch))[1]!;
                left -= bodies.Length;
                for (var i = 0; i < bodies.Length && decodes; i++)
                {
                    JsonSerializer.Deserialize(((ReadOnlyMemory<byte>)bodies[i]).Span, LargeJson.Default.LargeMessage);
                }
            }
        });
        return (published, drained);
    }

    private static async Task<Sample> MeasureAsync(ConnectionMultiplexer admin, int messages, Func<Task> work)
    {
        var (client, server, started) = (Environment.CpuUsage.TotalTime, await ServerTimeAsync(admin), Stopwatch.GetTimestamp());
        await work();
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return new Sample(messages / seconds, (Environment.CpuUsage.TotalTime - client).TotalMicroseconds / messages, (await ServerTimeAsync(admin) - server) * 1e6 / messages);
    }

    private static async Task<double> ServerTimeAsync(ConnectionMultiplexer admin)
    {
        var cpu = (await admin.GetServers()[0].InfoAsync("cpu"))[0].ToDictionary();
        return double.Parse(cpu["used_cpu_user"], CultureInfo.InvariantCulture) + double.Parse(cpu["used_cpu_sys"], CultureInfo.InvariantCulture);
    }

    private static Task InChunksAsync(int messages, Func<int, Task> send) => Parallel.ForEachAsync(
        Enumerable.Range(0, messages).Chunk(Batch),
        new ParallelOptions { MaxDegreeOfParallelism = 4 },
        async (chunk, _) => await send(chunk.Length));

    private static double Median(List<Sample> samples, Func<Sample, double> value) => samples.Select(value).Order().ElementAt(samples.Count / 2);

    private readonly record struct Sample(double Rate, double ClientMicroseconds, double ServerMicroseconds);
}
