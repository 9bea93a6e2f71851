using System.Collections.Concurrent;
using RedisMessaging.FeedGaps.Tests.Support;
using StackExchange.Redis;
using Xunit.Abstractions;

namespace RedisMessaging.FeedGaps.Tests.EndToEnd;

/// <summary>StackExchange.Redis runs on the stand-in, against a real server.</summary>
public sealed class StackExchangeRedisTests(RedisServer server, ITestOutputHelper output) : IClassFixture<RedisServer>
{
    [Theory]
    [InlineData(RedisProtocol.Resp2, false)]
    [InlineData(RedisProtocol.Resp3, false)]
    [InlineData(RedisProtocol.Resp2, true)]
    [InlineData(RedisProtocol.Resp3, true)]
    public async Task Values_small_and_large_come_back(RedisProtocol protocol, bool tls)
    {
        await using var redis = await TryConnectAsync(protocol, tls);
        if (redis is null)
        {
            return;
        }

        var database = redis.GetDatabase();
        RedisKey key = NewKey();
        await database.StringSetAsync(key, "grüße, 世界");
        ((string?)await database.StringGetAsync(key)).Should().Be("grüße, 世界");
        (await database.StringGetAsync(NewKey())).IsNull.Should().BeTrue();

        var large = new byte[1 << 20];
        for (var i = 0; i < large.Length; i++)
        {
            large[i] = Traffic.At(i);
        }

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => SetAndGetAsync(database, large)));
        await database.KeyDeleteAsync(key);
    }

    [Theory]
    [InlineData(RedisProtocol.Resp2, false)]
    [InlineData(RedisProtocol.Resp3, false)]
    [InlineData(RedisProtocol.Resp3, true)]
    public async Task Nested_replies_keep_their_shape(RedisProtocol protocol, bool tls)
    {
        await using var redis = await TryConnectAsync(protocol, tls);
        if (redis is null)
        {
            return;
        }

        // More entries than one block of the arena holds, and small replies in between.
        const int Entries = 5000;
        var database = redis.GetDatabase();
        RedisKey key = NewKey();
        await database.StreamCreateConsumerGroupAsync(key, "group", "0");
        await Task.WhenAll(Enumerable.Range(0, Entries).Select(i => database.StreamAddAsync(
            key, [new("number", i), new("square", (long)i * i), new("text", $"entry {i}")])));

        var seen = 0;
        foreach (var count in (int[])[1, 10, 500, Entries])
        {
            var entries = await database.StreamReadGroupAsync(key, "group", "consumer", ">", count);
            foreach (var entry in entries)
            {
                entry.Values.Should().HaveCount(3);
                ((int)entry["number"]).Should().Be(seen);
                ((long)entry["square"]).Should().Be((long)seen * seen);
                ((string?)entry["text"]).Should().Be($"entry {seen}");
                seen++;
            }

            (await database.StreamLengthAsync(key)).Should().Be(Entries);
        }

        seen.Should().Be(Entries);

        var raw = await database.ExecuteAsync(
            "EVAL", "return {1, {'two', {3, {'four', {}}}}, false, {{}, {5}}}", 0);
        Shape(raw).Should().Be("(1 (two (3 (four ()))) nil (() (5)))");
        await database.KeyDeleteAsync(key);
    }

    [Theory]
    [InlineData(RedisProtocol.Resp2)]
    [InlineData(RedisProtocol.Resp3)]
    public async Task Published_messages_arrive_in_order(RedisProtocol protocol)
    {
        await using var redis = await TryConnectAsync(protocol);
        if (redis is null)
        {
            return;
        }

        const int Messages = 10_000;
        var channel = RedisChannel.Literal(NewKey());
        var received = new ConcurrentQueue<int>();
        var queue = await redis.GetSubscriber().SubscribeAsync(channel);
        queue.OnMessage(message => received.Enqueue((int)message.Message));

        await Task.WhenAll(Enumerable.Range(0, Messages).Select(i => redis.GetSubscriber().PublishAsync(channel, i)));

        await Deadline.Until(() => received.Count == Messages, "all messages arrived");
        received.Should().Equal(Enumerable.Range(0, Messages));
    }

    [Theory]
    [InlineData(RedisProtocol.Resp2, false)]
    [InlineData(RedisProtocol.Resp3, false)]
    [InlineData(RedisProtocol.Resp3, true)]
    public async Task Many_callers_each_get_their_own_replies(RedisProtocol protocol, bool tls)
    {
        await using var redis = await TryConnectAsync(protocol, tls);
        if (redis is null)
        {
            return;
        }

        var database = redis.GetDatabase();
        await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(() => CountAsync(database)))).Within();
    }

    [Theory]
    [InlineData(RedisProtocol.Resp2)]
    [InlineData(RedisProtocol.Resp3)]
    public async Task A_killed_connection_is_reported_and_recovers(RedisProtocol protocol)
    {
        await using var killer = await TryConnectAsync(protocol);
        await using var redis = await TryConnectAsync(protocol);
        if (killer is null || redis is null)
        {
            return;
        }

        var failures = new ConcurrentQueue<ConnectionFailedEventArgs>();
        redis.ConnectionFailed += (_, failure) => failures.Enqueue(failure);
        var channel = RedisChannel.Literal(NewKey());
        var received = 0;
        await redis.GetSubscriber().SubscribeAsync(channel, (_, _) => Interlocked.Increment(ref received));
        var database = redis.GetDatabase();

        for (var round = 1; round <= 3; round++)
        {
            var victim = (string?)await database.ExecuteAsync("CLIENT", "ID");
            ((int)await killer.GetDatabase().ExecuteAsync("CLIENT", "KILL", "ID", victim!)).Should().Be(1);
            await UntilAsync(
                async () => (string?)await database.ExecuteAsync("CLIENT", "ID") != victim,
                "commands work again, on another connection");

            received = 0;
            await UntilAsync(
                async () =>
                {
                    await killer.GetSubscriber().PublishAsync(channel, "again");
                    return Volatile.Read(ref received) > 0;
                },
                "messages arrive again");
        }

        // The client may keep a loss to itself when it comes right after it has reconnected.
        await Deadline.Until(() => !failures.IsEmpty, "a loss is reported");
        failures.Should().OnlyContain(failure => failure.FailureType == ConnectionFailureType.SocketClosed);
    }

    [Theory]
    [InlineData(RedisProtocol.Resp2)]
    [InlineData(RedisProtocol.Resp3)]
    public async Task Connections_open_and_close_under_load(RedisProtocol protocol)
    {
        for (var round = 0; round < 10; round++)
        {
            await using var redis = await TryConnectAsync(protocol);
            if (redis is null)
            {
                return;
            }

            var database = redis.GetDatabase();
            var commands = Enumerable.Range(0, 500).Select(_ => database.PingAsync()).ToList();
            await commands[0].Within();
            await redis.DisposeAsync().AsTask().Within();

            // What had no reply yet fails; nothing hangs.
            await FluentActions.Awaiting(() => Task.WhenAll(commands).Within()).Should().NotThrowAsync<TimeoutException>();
        }
    }

    private static string NewKey() => $"feed-gaps:{Guid.NewGuid():N}";

    private static async Task SetAndGetAsync(IDatabase database, byte[] value)
    {
        var key = NewKey();
        await database.StringSetAsync(key, value);
        var back = (byte[]?)await database.StringGetAsync(key);
        back.AsSpan().SequenceEqual(value).Should().BeTrue();
        await database.KeyDeleteAsync(key);
    }

    private static async Task CountAsync(IDatabase database)
    {
        var key = NewKey();
        for (var i = 1; i <= 2000; i++)
        {
            (await database.StringIncrementAsync(key)).Should().Be(i);
        }

        await database.KeyDeleteAsync(key);
    }

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        var met = false;
        var probing = Task.Run(async () =>
        {
            while (!met)
            {
                try
                {
                    met = await condition();
                }
                catch (RedisException)
                {
                    // Not yet: the connection is being made anew.
                }

                await Task.Delay(10);
            }
        });
        await Deadline.Until(() => probing.IsCompleted, what);
        await probing;
    }

    private static string Shape(RedisResult result)
        => result.IsNull ? "nil"
            : result.Resp2Type == ResultType.Array ? $"({string.Join(' ', ((RedisResult[])result!).Select(Shape))})"
            : (string)result!;

    private async Task<ConnectionMultiplexer?> TryConnectAsync(RedisProtocol protocol, bool tls = false)
    {
        if (server.Missing is not null)
        {
            output.WriteLine(server.Missing);
            return null;
        }

        return await ConnectionMultiplexer.ConnectAsync(server.Options(protocol, tls)).Within();
    }
}
