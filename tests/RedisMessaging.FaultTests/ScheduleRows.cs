using System.Collections.Concurrent;
using StackExchange.Redis;

namespace RedisMessaging.FaultTests;

/// <summary>Messages that wait in Redis for their time while the server dies.</summary>
public sealed class ScheduleRows(ITestOutputHelper output) : FaultTest(output)
{
    private const string Topic = "load";
    private const int Messages = 1_000;
    private const int Scheduled = 1;
    private const int Retried = 2;

    private readonly ITestOutputHelper _output = output;

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Nothing_that_is_scheduled_or_waits_for_another_attempt_is_lost_when_the_server_is_killed(TransportKind kind)
    {
        await using var server = await RedisServer.StartPrivateAsync(appendOnly: true);
        var failed = new ConcurrentDictionary<MessageKey, int>();
        var handled = new ConcurrentDictionary<MessageKey, int>();
        await using var bus = await OpenAsync(server, kind, messaging => messaging.AddHandler<LoadMessage>(
            (message, context, _) =>
            {
                if (message.Publisher == Retried && context.Attempt == 1)
                {
                    failed.AddOrUpdate(message.Key, 1, (_, times) => times + 1);
                    throw new RetryAfterException(TimeSpan.FromSeconds(2 + (message.Number % 4)));
                }

                handled.AddOrUpdate(message.Key, 1, (_, times) => times + 1);
                return ValueTask.CompletedTask;
            },
            handler => handler.Concurrency = 16));

        await bus.PublishManyAsync(Topic, Enumerable.Range(0, Messages).Select(number => new LoadMessage(Retried, number)));
        await bus.PublishManyAsync(Topic, Enumerable.Range(0, Messages).Select(number =>
            new OutgoingMessage<LoadMessage>(new LoadMessage(Scheduled, number), new PublishOptions { Delay = TimeSpan.FromMilliseconds(500 + (number * 4)) })));
        await Eventually.TrueAsync(() => failed.Count == Messages, what: "all have failed once");

        // Some are due by now, some become due while nobody is there, and some later.
        await server.KillAsync();
        await Task.Delay(TimeSpan.FromSeconds(1));
        await server.RestartAsync();

        await Eventually.TrueAsync(() => handled.Count == 2 * Messages, TimeSpan.FromSeconds(60), $"{handled.Count} of {2 * Messages} are handled");
        var contents = await ContentsOnceDrainedAsync(server, kind);
        _output.WriteLine($"schedule {kind} published {2 * Messages} lost 0 doubled {handled.Values.Count(times => times > 1)} failed again {failed.Values.Count(times => times > 1)}");
        contents.IsDrained.Should().BeTrue("nothing is left behind: {0}", string.Join(", ", contents.Held));
        contents.DeadLetterCount.Should().Be(0);
    }

    private static Task<RedisMessageBus> OpenAsync(OwnRedisServer server, TransportKind kind, Action<RedisMessagingBuilder> configure) => RedisMessageBus.ConnectAsync(
        server.ConnectionString,
        messaging =>
        {
            messaging.UseJson(LoadJson.Default);
            messaging.AddTopic<LoadMessage>(Topic, kind);
            configure(messaging);
        }).AsTask();

    private static async Task<RedisContents> ContentsOnceDrainedAsync(OwnRedisServer server, TransportKind kind)
    {
        await using var admin = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString + ",allowAdmin=true");
        var contents = await RedisInspector.ReadAsync(admin, kind, $"{{{Topic}}}:");
        await Eventually.TrueAsync(async () =>
        {
            contents = await RedisInspector.ReadAsync(admin, kind, $"{{{Topic}}}:");
            return contents.IsDrained;
        });
        return contents;
    }
}
