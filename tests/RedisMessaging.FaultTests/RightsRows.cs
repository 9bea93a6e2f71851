using System.Collections.Concurrent;
using System.Globalization;
using StackExchange.Redis;

namespace RedisMessaging.FaultTests;

/// <summary>Rights come and go while messages are published, scheduled, tried again and given up.</summary>
public sealed class RightsRows(ITestOutputHelper output) : FaultTest(output)
{
    private const string Topic = "load";
    private const int Each = 1_500;
    private const int Plain = 1;
    private const int Scheduled = 2;
    private const int Retried = 3;
    private const int Hopeless = 4;

    private static readonly TimeSpan Taken = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan Given = TimeSpan.FromMilliseconds(250);

    // Subcommands are taken with their commands.
    private static readonly string[] QueueRights = ["xadd", "zrem", "hdel", "lpush", "zadd", "rpush", "hset", "ltrim", "evalsha", "hget", "del"];
    private static readonly string[] StreamRights = ["xadd", "zrem", "hdel", "xack", "zadd", "hset", "xdel", "evalsha", "hget", "xpending"];

    private readonly ITestOutputHelper _output = output;

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Row_33_rights_come_and_go_under_load(TransportKind kind)
    {
        await StartServerAsync();
        await TellAsync("ACL", "SETUSER", "worker", "on", ">right", "~*", "&*", "+@all");
        var handled = new ConcurrentDictionary<MessageKey, int>();
        await using var consumer = await OpenAsync(kind, ",user=worker,password=right", handled);
        await using var publisher = await OpenAsync(kind, "", null);

        using var enough = new CancellationTokenSource();
        var taking = TakeRightsAsync(kind == TransportKind.Queue ? QueueRights : StreamRights, enough.Token);
        await Task.WhenAll(new[] { Plain, Scheduled, Retried, Hopeless }.Select(group => PublishAsync(publisher, group)));
        await Eventually.TrueAsync(() => handled.Count > 2 * Each, TimeSpan.FromSeconds(90), "rights come and go while messages are moved");
        await enough.CancelAsync();
        await taking;

        await Eventually.TrueAsync(() => handled.Count == 3 * Each, TimeSpan.FromSeconds(90), $"{handled.Count} of {3 * Each} are handled");
        var contents = await ContentsOnceDrainedAsync(kind);
        var dead = contents.DeadLetters.Distinct().ToList();
        var doubled = handled.Values.Sum(times => times - 1) + (int)contents.DeadLetterCount - dead.Count;
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"row 33 {(kind == TransportKind.Queue ? "queue" : "stream")} published {4 * Each} lost {(4 * Each) - handled.Count - dead.Count} doubled {doubled} leaked {contents.Held.Count}");
        Matrix.Add(line);
        _output.WriteLine(line);
        dead.Should().HaveCount(Each).And.OnlyContain(key => key.Publisher == Hopeless);
        contents.IsDrained.Should().BeTrue("nothing is left behind: {0}", string.Join(", ", contents.Held));
    }

    private static async Task PublishAsync(RedisMessageBus bus, int group)
    {
        foreach (var numbers in Enumerable.Range(0, Each).Chunk(50))
        {
            await bus.PublishManyAsync(Topic, numbers.Select(number => new OutgoingMessage<LoadMessage>(
                new LoadMessage(group, number),
                new PublishOptions { Delay = group == Scheduled ? TimeSpan.FromMilliseconds(200 + (number % 1_000)) : null })));
            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }
    }

    /// <summary>One after the other, and the others stay.</summary>
    private async Task TakeRightsAsync(string[] rights, CancellationToken cancellationToken)
    {
        for (var i = 0; !cancellationToken.IsCancellationRequested; i++)
        {
            await TellAsync("ACL", "SETUSER", "worker", "-" + rights[i % rights.Length]);
            await Task.Delay(Taken, CancellationToken.None);
            await TellAsync("ACL", "SETUSER", "worker", "+@all");
            await Task.Delay(Given, CancellationToken.None);
        }
    }

    private Task<RedisMessageBus> OpenAsync(TransportKind kind, string connection, ConcurrentDictionary<MessageKey, int>? handled) => RedisMessageBus.ConnectAsync(
        Server.ConnectionString + connection,
        messaging =>
        {
            messaging.UseJson(LoadJson.Default);
            messaging.AddTopic<LoadMessage>(Topic, kind);
            if (handled is null)
            {
                return;
            }

            messaging.AddHandler<LoadMessage>(
                (message, context, _) =>
                {
                    switch (message.Publisher)
                    {
                        case Retried when context.Attempt == 1:
                            throw new RetryAfterException(TimeSpan.FromMilliseconds(1 + (message.Number % 500)));
                        case Hopeless:
                            throw new DeadLetterException("hopeless");
                        default:
                            handled.AddOrUpdate(message.Key, 1, (_, times) => times + 1);
                            return ValueTask.CompletedTask;
                    }
                },
                handler => handler.Concurrency = 16);
        }).AsTask();

    private async Task<RedisContents> ContentsOnceDrainedAsync(TransportKind kind)
    {
        await using var admin = await ConnectionMultiplexer.ConnectAsync(Server.ConnectionString + ",allowAdmin=true");
        var contents = await RedisInspector.ReadAsync(admin, kind, $"{{{Topic}}}:");
        await Eventually.TrueAsync(async () =>
        {
            contents = await RedisInspector.ReadAsync(admin, kind, $"{{{Topic}}}:");
            return contents.IsDrained;
        });
        return contents;
    }
}
