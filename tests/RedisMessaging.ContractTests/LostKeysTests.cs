using System.Collections.Concurrent;
using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Keys;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>Somebody deletes a topic's keys, or its group, while messages are in hand.</summary>
public sealed class LostKeysTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int LeaseLost = 5003;
    private const int EntriesOrphaned = 12018;
    private const int ClaimsLost = 11005;

    private readonly string _prefix = UniquePrefix.Create();
    private string _topic = "";

    public enum Loss
    {
        Group,
        Keys,
    }

    private TestLog Log { get; } = new(output);

    private TopicKeys Keys => new(_prefix, _topic);

    public Task InitializeAsync()
    {
        _topic = $"notes-{Guid.NewGuid():N}";
        return Task.CompletedTask;
    }

    public Task DisposeAsync()
    {
        Log.Dispose();
        return Task.CompletedTask;
    }

    [Theory]
    [InlineData(TransportKind.Queue, Loss.Keys)]
    [InlineData(TransportKind.Queue, Loss.Keys, 1)]
    [InlineData(TransportKind.Stream, Loss.Keys)]
    [InlineData(TransportKind.Stream, Loss.Group)]
    public async Task What_was_in_hand_is_handled_and_told_of_once(TransportKind kind, Loss loss, int? smallestLot = null)
    {
        const int count = 10;
        using var lost = new Counted("redismessaging.messages.group_lost", _topic);
        var inbox = new Inbox();
        var started = 0;
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = await RedisServer.SharedAsync();
        await using var bus = await ConnectAsync(server, kind, smallestLot);
        await using var subscription = await bus.SubscribeAsync<Note>(
            _topic,
            async (note, context, token) =>
            {
                Interlocked.Increment(ref started);
                await release.Task.WaitAsync(token);
                await inbox.HandleAsync(note, context, token);
            },
            new SubscribeOptions { Concurrency = count, Prefetch = count });
        await bus.PublishManyAsync(Enumerable.Range(0, count).Select(number => new Note("held", number)));
        await Eventually.TrueAsync(() => Volatile.Read(ref started) == count);

        await LoseAsync(server, loss);
        // Longer than renewing takes.
        await Task.Delay(TimeSpan.FromSeconds(1.5));
        release.SetResult();

        await inbox.HasAsync(count);
        await bus.PublishToAsync(_topic, new Note("after"));
        await inbox.HasAsync(new Note("after"));
        inbox.Numbers.Where(number => number > 0).Distinct().Should().HaveCount(count - 1);
        await Eventually.TrueAsync(() => lost.Total == count, what: $"{count} are counted, not {lost.Total}");
        Log.Lines.Where(line => line.Id is EntriesOrphaned or ClaimsLost).Should().ContainSingle().Which.Text.Should().Contain($" {count} ");
        Log.Lines.Should().NotContain(line => line.Id == LeaseLost, "nobody else has them");
    }

    [Theory]
    [InlineData(TransportKind.Queue, Loss.Keys)]
    [InlineData(TransportKind.Queue, Loss.Keys, 1)]
    [InlineData(TransportKind.Stream, Loss.Keys)]
    [InlineData(TransportKind.Stream, Loss.Group)]
    public async Task What_fails_just_then_is_tried_again(TransportKind kind, Loss loss, int? smallestLot = null)
    {
        var attempts = new ConcurrentQueue<int>();
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = await RedisServer.SharedAsync();
        await using var bus = await ConnectAsync(server, kind, smallestLot);
        var options = new SubscribeOptions();
        options.Retry.Delay = TimeSpan.FromMilliseconds(1);
        await using var subscription = await bus.SubscribeAsync<Note>(
            _topic,
            async (_, context, token) =>
            {
                attempts.Enqueue(context.Attempt);
                started.TrySetResult();
                if (attempts.Count == 1)
                {
                    await release.Task.WaitAsync(token);
                    throw new InvalidOperationException("Not yet.");
                }
            },
            options);
        await bus.PublishToAsync(_topic, new Note("held"));
        await started.Task.WaitAsync(Eventually.Deadline);

        await LoseAsync(server, loss);
        release.SetResult();

        await Eventually.TrueAsync(() => attempts.Count >= 2, what: "it is tried again");
    }

    private ValueTask<RedisMessageBus> ConnectAsync(RedisServer server, TransportKind kind, int? smallestLot) => RedisMessageBus.ConnectAsync(
        server.ConnectionString,
        messaging =>
        {
            messaging.KeyPrefix = _prefix;
            messaging.UseJson(ContractJson.Default);
            if (kind == TransportKind.Queue)
            {
                messaging.AddQueue<Note>(_topic, queue => (queue.Lease, queue.SmallestLot) = (TimeSpan.FromSeconds(3), smallestLot));
            }
            else
            {
                messaging.AddStream<Note>(_topic, stream => stream.Lease = TimeSpan.FromSeconds(3));
            }
        },
        Log);

    private async Task LoseAsync(RedisServer server, Loss loss)
    {
        await using var admin = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);
        if (loss == Loss.Group)
        {
            var group = (await admin.GetDatabase().StreamGroupInfoAsync(Keys["stream"])).Single().Name;
            await admin.GetDatabase().StreamDeleteConsumerGroupAsync(Keys["stream"], group);
            return;
        }

        // All at once, as FLUSHALL would, which is none for a server that is shared.
        await admin.GetDatabase().ScriptEvaluateAsync("for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('DEL', key) end", values: [Keys.Pattern]);
    }
}
