using System.Diagnostics;
using System.Globalization;

namespace RedisMessaging.Benchmarks;

/// <summary>
/// How late what is scheduled comes, on a bus that has nothing else to do: from when it is due to when its handler is started. One message at a time, so that each is the earliest
/// one and has to wake whoever sleeps.
/// </summary>
internal static class Lateness
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(300);

    public static async Task RunAsync(int messages)
    {
        await using var redis = await BenchmarkRedis.StartAsync();
        Console.WriteLine($"{messages} messages each, {Environment.ProcessorCount} cores, .NET {Environment.Version}");
        foreach (var transport in new[] { TransportKind.Queue, TransportKind.Stream })
        {
            await MeasureAsync(redis.Connection, transport, "scheduled by another process, gone since", messages, async (connection, prefix, bus) =>
            {
                await using var other = await ConnectAsync(connection, prefix, transport);
                var scheduled = Stopwatch.GetTimestamp();
                await other.PublishAsync("later", new PublishOptions { Delay = Delay });
                return scheduled;
            });
            await MeasureAsync(redis.Connection, transport, "scheduled by the process that handles it", messages, async (connection, prefix, bus) =>
            {
                var scheduled = Stopwatch.GetTimestamp();
                await bus.PublishAsync("later", new PublishOptions { Delay = Delay });
                return scheduled;
            });
            await MeasureAsync(redis.Connection, transport, "another attempt", messages, async (connection, prefix, bus) =>
            {
                await bus.PublishAsync("fail first");
                return 0;
            });
        }
    }

    /// <param name="schedule">Schedules one message; says since when its delay may count, or 0 when that is when its first attempt fails.</param>
    private static async Task MeasureAsync(string connection, TransportKind transport, string what, int messages, Func<string, string, RedisMessageBus, Task<long>> schedule)
    {
        var prefix = $"late-{Guid.NewGuid():N}:";
        await using var bus = await ConnectAsync(connection, prefix, transport);
        var failed = 0L;
        var started = new TaskCompletionSource<long>();
        await bus.SubscribeAsync<string>("late", (text, context, _) =>
        {
            if (text == "fail first" && context.Attempt == 1)
            {
                failed = Stopwatch.GetTimestamp();
                throw new RetryAfterException(Delay);
            }

            started.SetResult(Stopwatch.GetTimestamp());
            return ValueTask.CompletedTask;
        });

        var late = new List<double>();
        for (var i = 0; i < messages; i++)
        {
            started = new TaskCompletionSource<long>();
            var since = await schedule(connection, prefix, bus);
            var at = await started.Task;
            late.Add((Stopwatch.GetElapsedTime(since == 0 ? failed : since, at) - Delay).TotalMilliseconds);
        }

        late.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{transport,-6} {what,-42} p50 {late[late.Count / 2],5:0.0} ms   p90 {late[late.Count * 9 / 10],5:0.0} ms   max {late[^1],5:0.0} ms   earliest {late[0],5:0.0} ms"));
    }

    private static async Task<RedisMessageBus> ConnectAsync(string connection, string prefix, TransportKind transport) => await RedisMessageBus.ConnectAsync(connection, messaging =>
    {
        messaging.KeyPrefix = prefix;
        messaging.Application = "bench";
        messaging.AddTopic<string>("late", transport);
    });
}
