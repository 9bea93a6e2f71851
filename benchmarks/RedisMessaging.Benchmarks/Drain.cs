using System.Diagnostics;
using System.Text;
using StackExchange.Redis;

namespace RedisMessaging.Benchmarks;

/// <summary>
/// Messages a second through the bus to a handler that does nothing, and through a hand-written StackExchange.Redis loop with the same guarantee. Queue and stream drain a
/// backlog; Pub/Sub goes end to end. Rounds alternate, so that both meet the same machine; the median counts.
/// </summary>
internal static class Drain
{
    private const int Rounds = 5;
    private const int Batch = 100;
    private const int BodySize = 256;

    /// <summary>Claims a batch into a hash, where it is safe until it is acked.</summary>
    private const string Claim = """
        local messages = redis.call('RPOP', KEYS[1], ARGV[1])
        if not messages then return {} end
        local last = redis.call('HINCRBY', KEYS[2], 'last', #messages)
        local fields = {}
        for i = 1, #messages do
            fields[2 * i - 1] = last - #messages + i
            fields[2 * i] = messages[i]
        end
        redis.call('HSET', KEYS[2], unpack(fields))
        return { last, messages }
        """;

    private static readonly byte[] Body = Encoding.ASCII.GetBytes(new string('x', BodySize));

    public static async Task RunAsync(int messages)
    {
        await using var redis = await BenchmarkRedis.StartAsync();
        Console.WriteLine($"{messages:N0} messages of {BodySize} B, {Rounds} rounds each, {Environment.ProcessorCount} cores, .NET {Environment.Version}, messages a second (median; least to most)");
        foreach (var transport in new[] { TransportKind.PubSub, TransportKind.Queue, TransportKind.Stream })
        {
            var bus = new List<double>();
            var hand = new List<double>();
            // The first round warms up.
            for (var round = 0; round <= Rounds; round++)
            {
                var throughBus = await ThroughBusAsync(redis.Connection, transport, messages);
                var byHand = await ByHandAsync(redis.Connection, transport, messages);
                if (round > 0)
                {
                    bus.Add(throughBus);
                    hand.Add(byHand);
                }
            }

            Console.WriteLine($"{transport,-7} bus {Describe(bus)}   by hand {Describe(hand)}   ratio {Median(bus) / Median(hand):0.00}");
        }
    }

    private static async Task<double> ThroughBusAsync(string connection, TransportKind transport, int messages)
    {
        var prefix = $"drain-{Guid.NewGuid():N}:";
        var left = messages;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var publisher = await RedisMessageBus.ConnectAsync(connection, Configure);
        async Task<IAsyncDisposable> SubscribeAsync(IMessageBus bus) => await bus.SubscribeAsync<byte[]>("drain", (_, _, _) =>
        {
            if (Interlocked.Decrement(ref left) == 0)
            {
                done.TrySetResult();
            }

            return ValueTask.CompletedTask;
        }, new SubscribeOptions { Group = "drain", Prefetch = 1_000 });

        var publishing = Enumerable.Range(0, messages).Chunk(1_000);
        double seconds;
        if (transport == TransportKind.PubSub)
        {
            await using var subscription = await SubscribeAsync(publisher);
            var started = Stopwatch.GetTimestamp();
            await Parallel.ForEachAsync(publishing, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (chunk, _) => await publisher.PublishManyAsync(chunk.Select(_ => Body), CancellationToken.None));
            await EndsAsync(done.Task, transport, () => left);
            seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        }
        else
        {
            await Parallel.ForEachAsync(publishing, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (chunk, _) => await publisher.PublishManyAsync(chunk.Select(_ => Body), CancellationToken.None));
            var started = Stopwatch.GetTimestamp();
            await using var subscription = await SubscribeAsync(publisher);
            await EndsAsync(done.Task, transport, () => left);
            seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        }

        await RemoveAsync(connection, prefix);
        return messages / seconds;

        void Configure(RedisMessagingBuilder messaging)
        {
            messaging.KeyPrefix = prefix;
            messaging.AddTopic<byte[]>("drain", transport, topic =>
            {
                if (topic is PubSubOptions pubSub)
                {
                    pubSub.BufferCapacity = messages;
                }
            });
        }
    }

    private static async Task<double> ByHandAsync(string connection, TransportKind transport, int messages)
    {
        await using var publisher = await ConnectionMultiplexer.ConnectAsync(connection);
        await using var consumer = await ConnectionMultiplexer.ConnectAsync(connection);
        var prefix = $"drain-{Guid.NewGuid():N}:";
        var to = publisher.GetDatabase();
        var from = consumer.GetDatabase();
        var frame = (RedisValue)(byte[])[.. Encoding.UTF8.GetBytes("{\"rm\":1,\"id\":\"01a1fdf89f627bd0abd4596ddba6adc3\",\"type\":\"byte-array\",\"at\":1763712000123,\"src\":\"RedisMessaging.Benchmarks/3b21b70782f7\"}\n"), .. Body];
        RedisKey key = prefix + "{drain}";
        long started;
        switch (transport)
        {
            case TransportKind.PubSub:
                var queue = await consumer.GetSubscriber().SubscribeAsync(RedisChannel.Literal(prefix + "drain"));
                started = Stopwatch.GetTimestamp();
                var receiving = Task.Run(async () =>
                {
                    for (var i = 0; i < messages; i++)
                    {
                        await queue.ReadAsync();
                    }
                });
                await InChunksAsync(messages, 4, count => Task.WhenAll(Enumerable.Range(0, count).Select(_ => to.PublishAsync(RedisChannel.Literal(prefix + "drain"), frame))));
                await receiving;
                break;

            case TransportKind.Queue:
                RedisKey claims = prefix + "{drain}:claims";
                await InChunksAsync(messages, 4, count => to.ListLeftPushAsync(key, [.. Enumerable.Repeat(frame, count)]));
                started = Stopwatch.GetTimestamp();
                for (var left = messages; left > 0;)
                {
                    var claim = (RedisResult[])(await from.ScriptEvaluateAsync(Claim, [key, claims], [Batch]))!;
                    var (last, claimed) = ((long)claim[0], (RedisValue[])claim[1]!);
                    var ids = new RedisValue[claimed.Length];
                    for (var i = 0; i < ids.Length; i++)
                    {
                        ids[i] = last - i;
                    }

                    left -= (int)await from.HashDeleteAsync(claims, ids);
                }

                break;

            default:
                await to.StreamCreateConsumerGroupAsync(key, "drain", "0");
                await InChunksAsync(messages, 4, count => Task.WhenAll(Enumerable.Range(0, count).Select(_ => to.StreamAddAsync(key, "m", frame))));
                started = Stopwatch.GetTimestamp();
                for (var left = messages; left > 0;)
                {
                    var entries = await from.StreamReadGroupAsync(key, "drain", "one", StreamPosition.NewMessages, Batch);
                    left -= (int)await from.StreamAcknowledgeAsync(key, "drain", Array.ConvertAll(entries, entry => entry.Id));
                }

                break;
        }

        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        await RemoveAsync(connection, prefix);
        return messages / seconds;
    }

    private static Task InChunksAsync(int messages, int atOnce, Func<int, Task> send) => Parallel.ForEachAsync(
        Enumerable.Range(0, messages).Chunk(1_000),
        new ParallelOptions { MaxDegreeOfParallelism = atOnce },
        async (chunk, _) => await send(chunk.Length));

    private static async Task EndsAsync(Task done, TransportKind transport, Func<int> left)
    {
        if (await Task.WhenAny(done, Task.Delay(TimeSpan.FromMinutes(1))) != done)
        {
            throw new TimeoutException($"{transport}: {left():N0} messages never arrived.");
        }
    }

    private static async Task RemoveAsync(string connection, string prefix)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(connection);
        foreach (var server in redis.GetServers())
        {
            await foreach (var key in server.KeysAsync(pattern: prefix + "*"))
            {
                await redis.GetDatabase().KeyDeleteAsync(key);
            }
        }
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static string Describe(List<double> values) => $"{Median(values),9:N0} ({values.Min():N0} to {values.Max():N0})";
}
