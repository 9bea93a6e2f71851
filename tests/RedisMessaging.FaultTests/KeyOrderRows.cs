using System.Collections.Concurrent;
using System.Globalization;

namespace RedisMessaging.FaultTests;

/// <summary>Many keys under load, with handlers that fail now and then: no key out of order, nothing lost.</summary>
public sealed class KeyOrderRows(ITestOutputHelper output) : FaultTest(output)
{
    private const int Messages = 100_000;
    private const int Keys = 1_000;
    private readonly ITestOutputHelper _output = output;

    [Theory]
    [InlineData(TransportKind.Queue, KeyOrder.Strict)]
    [InlineData(TransportKind.Queue, KeyOrder.Overtaking)]
    [InlineData(TransportKind.Stream, KeyOrder.Strict)]
    [InlineData(TransportKind.Stream, KeyOrder.Overtaking)]
    public async Task A_hundred_thousand_messages_of_a_thousand_keys_keep_their_order(TransportKind kind, KeyOrder order)
    {
        await StartServerAsync();
        var started = TimeProvider.System.GetTimestamp();
        var attempts = new ConcurrentQueue<(int Number, int Attempt)>();
        var running = new int[Keys];
        var overlaps = 0;
        await using var bus = await RedisMessageBus.ConnectAsync(Server.ConnectionString, messaging =>
        {
            messaging.UseJson(LoadJson.Default);
            messaging.AddTopic<LoadMessage>(FaultRun.Topic, kind);
        });
        var options = new SubscribeOptions { Group = "ordered", Concurrency = 16, KeyOrder = order };
        options.Retry.Delay = TimeSpan.FromMilliseconds(5);
        var publishing = PublishAsync(bus);
        await bus.SubscribeAsync<LoadMessage>(
            FaultRun.Topic,
            async (message, context, _) =>
            {
                var key = message.Number % Keys;
                overlaps += Interlocked.Increment(ref running[key]) > 1 ? 1 : 0;
                attempts.Enqueue((message.Number, context.Attempt));
                await Task.Yield();
                Interlocked.Decrement(ref running[key]);
                // One in twenty, spread over the keys.
                if (message.Number / Keys % 20 == key % 20 && context.Attempt == 1)
                {
                    throw new InvalidOperationException("Not yet.");
                }
            },
            options);
        await publishing;
        const int expected = Messages + (Messages / 20);
        await Eventually.TrueAsync(() => attempts.Count >= expected, within: TimeSpan.FromMinutes(2), what: $"{expected} starts");
        _output.WriteLine($"{kind} {order}: {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0.0} s");

        attempts.Should().HaveCount(expected);
        overlaps.Should().Be(0);
        attempts.Where(attempt => attempt.Attempt == 1).Select(attempt => attempt.Number).Distinct().Should().HaveCount(Messages, "nothing is lost");
        foreach (var key in attempts.GroupBy(attempt => attempt.Number % Keys))
        {
            // Strict: the redeliveries, too.
            var inOrder = key.Where(attempt => order == KeyOrder.Strict || attempt.Attempt == 1).Select(attempt => attempt.Number).ToArray();
            inOrder.AsSpan().SequenceEqual([.. inOrder.Order()]).Should().BeTrue("key {0} has its order", key.Key);
        }

        (await bus.Topic(FaultRun.Topic).DeadLetters.CountAsync()).Should().Be(0);
    }

    private static async Task PublishAsync(RedisMessageBus bus)
    {
        foreach (var numbers in Enumerable.Range(0, Messages).Chunk(1_000))
        {
            await bus.PublishManyAsync(numbers.Select(number =>
                new OutgoingMessage<LoadMessage>(new LoadMessage(0, number), new PublishOptions { Key = (number % Keys).ToString(CultureInfo.InvariantCulture) })));
        }
    }
}
