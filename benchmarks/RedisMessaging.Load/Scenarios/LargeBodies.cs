using System.Diagnostics;
using RedisMessaging.Load.Measuring;
using RedisMessaging.Load.Ways;
using RedisMessaging.Load.Ways.ByHand;

namespace RedisMessaging.Load.Scenarios;

/// <summary>Draining a queue of bodies of 4 KiB, which nobody deserializes: through the bus, acked, and by BLMPOP of 100, which loses what it was given when it dies.</summary>
internal sealed class LargeBodies(string connection, int messages)
{
    private const int Chunk = 500;
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);
    private readonly byte[] _body = [.. Enumerable.Repeat((byte)'x', 4_096)];

    public Task<Sample> BusAsync() => RunAsync("bus", async (place, handle) =>
    {
        var bus = await ConnectAsync(place);
        await PublishAsync(bus);
        return () => SubscribeAsync(bus, handle);
    });

    public Task<Sample> AtMostOnceAsync() => RunAsync("blmpop-100", async (place, handle) =>
    {
        await using var publisher = await place.ConnectAsync();
        var frame = new byte[4_096 + 115];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, messages / Chunk),
            new ParallelOptions { MaxDegreeOfParallelism = 4 },
            async (_, _) => await publisher.GetDatabase().ListLeftPushAsync(place.Queue, [.. Enumerable.Repeat((StackExchange.Redis.RedisValue)frame, Chunk)]));
        return async () =>
        {
            var consumer = new PopConsumer(place, _ => handle(), 100);
            await consumer.StartAsync();
            return consumer;
        };
    });

    /// <param name="prepare">Publishes, and gives what starts to consume.</param>
    private async Task<Sample> RunAsync(string way, Func<Place, Action, Task<Func<Task<IAsyncDisposable>>>> prepare)
    {
        var place = Place.New(connection);
        var (first, last, handled) = (0L, 0L, 0);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var meter = await Meter.OpenAsync(connection);
        var consume = await prepare(place, Handle);
        await meter.StartAsync();
        var consuming = await consume();
        try
        {
            await done.Task.WaitAsync(Deadline);
            return await meter.StopAsync(way, messages, Stopwatch.GetElapsedTime(first, last).TotalSeconds);
        }
        finally
        {
            await consuming.DisposeAsync();
            await place.ClearAsync();
        }

        void Handle()
        {
            var count = Interlocked.Increment(ref handled);
            if (count == 1)
            {
                first = Stopwatch.GetTimestamp();
            }
            else if (count == messages)
            {
                last = Stopwatch.GetTimestamp();
                done.TrySetResult();
            }
        }
    }

    private static ValueTask<RedisMessageBus> ConnectAsync(Place place) => RedisMessageBus.ConnectAsync(place.Connection, messaging =>
    {
        messaging.KeyPrefix = place.Prefix;
        messaging.AddQueue<byte[]>(Place.Topic);
    });

    private async Task PublishAsync(RedisMessageBus bus) => await Parallel.ForEachAsync(
        Enumerable.Range(0, messages / Chunk),
        new ParallelOptions { MaxDegreeOfParallelism = 4 },
        async (_, _) => await bus.PublishManyAsync(Enumerable.Repeat(_body, Chunk), CancellationToken.None));

    private static async Task<IAsyncDisposable> SubscribeAsync(RedisMessageBus bus, Action handle)
    {
        await bus.SubscribeAsync<byte[]>(
            Place.Topic,
            (_, _, _) =>
            {
                handle();
                return ValueTask.CompletedTask;
            },
            new SubscribeOptions { Group = Place.Group, Prefetch = 1_000 });
        return bus;
    }
}
