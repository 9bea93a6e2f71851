using System.Collections.Concurrent;
using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Topics;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>How long dead letters are kept, and what becomes of messages that a trim took before they were handled.</summary>
public sealed class DeadLetterTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Dropped = 8000;
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);

    private readonly string _prefix = UniquePrefix.Create();
    private readonly string _topic = $"notes-{Guid.NewGuid():N}";

    private TestLog Log { get; } = new(output);

    private TopicKeys Keys => new(_prefix, _topic);

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync()
    {
        Log.Dispose();
        return Task.CompletedTask;
    }

    [Theory]
    [InlineData(TransportKind.Queue, true)]
    [InlineData(TransportKind.Queue, false)]
    [InlineData(TransportKind.Stream, true)]
    [InlineData(TransportKind.Stream, false)]
    public async Task Old_ones_are_dropped_when_somebody_looks_and_when_a_consumer_comes_by(TransportKind kind, bool looks)
    {
        var server = await RedisServer.SharedAsync();
        await using var admin = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);
        using var dropped = new Counted("redismessaging.dead_letters.trimmed", _topic);
        await KeepOneAsync(admin, ageMs: 60_000);
        await KeepOneAsync(admin, ageMs: 0);
        await using var bus = await ConnectAsync(server, kind, TimeSpan.FromSeconds(30));

        if (looks)
        {
            (await bus.Topic(_topic).DeadLetters.CountAsync()).Should().Be(1);
        }
        else
        {
            await bus.SubscribeAsync<Note>(_topic, new Inbox().HandleAsync);
            await Eventually.TrueAsync(async () => await admin.GetDatabase().StreamLengthAsync(Keys.DeadLetters) == 1, what: "a consumer drops the old one");
        }

        await Eventually.TrueAsync(() => dropped.Total == 1 && Log.Lines.Any(line => line.Id == Dropped), what: "it is counted and logged");
        Log.Lines.Should().ContainSingle(line => line.Id == Dropped);
    }

    [Theory]
    [InlineData(TransportKind.Queue)]
    [InlineData(TransportKind.Stream)]
    public async Task Old_ones_are_dropped_when_another_one_is_kept(TransportKind kind)
    {
        var server = await RedisServer.SharedAsync();
        await using var admin = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);
        await using var bus = await ConnectAsync(server, kind, TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(5));
        await bus.SubscribeAsync<Note>(_topic, (_, _, _) => throw new DeadLetterException("said"));
        await bus.PublishAsync(new Note("before"));
        await Eventually.TrueAsync(async () => await admin.GetDatabase().StreamLengthAsync(Keys.DeadLetters) == 1, what: "the first sweeps are over");
        await admin.GetDatabase().KeyDeleteAsync(Keys.DeadLetters);
        await KeepOneAsync(admin, ageMs: 60_000);

        await bus.PublishAsync(new Note("bad"));

        await Eventually.TrueAsync(
            async () => Log.Lines.Any(line => line.Id == Dropped)
                && await admin.GetDatabase().StreamRangeAsync(Keys.DeadLetters) is [var letter] && letter["reason"] == "said",
            what: "the old one is dropped, the new one stays");
    }

    [Fact]
    public async Task What_was_trimmed_while_it_was_pending_leaves_a_dead_letter_without_a_message()
    {
        var server = await RedisServer.SharedAsync();
        await using var stream = new OpenTransport(server.ConnectionString, _prefix, TransportKind.Stream, options => ((StreamOptions)options).Lease = Lease, Log);
        var notices = new ConcurrentQueue<TransportDeadLetter>();
        await using var survivor = await stream.OpenAsync(onDeadLetter: notices.Enqueue);
        var dead = await stream.OpenAsync();
        await stream.SendAsync("1", "2", "3");
        var positions = (await dead.ReceiveAsync(3)).Select(delivery => delivery.Position);
        await stream.Database.StreamTrimAsync(stream.Keys["stream"], 0);
        await stream.SendAsync("after");
        await survivor.SettleAsync(SettlementKind.Ack, await survivor.ReceiveAsync(1));
        using var stop = new CancellationTokenSource();
        var receiving = survivor.ReceiveAsync(new Delivery[10], stop.Token).AsTask();

        await Eventually.TrueAsync(async () => await stream.Database.StreamLengthAsync(stream.Keys.DeadLetters) == 3, what: "each has a dead letter");
        await stop.CancelAsync();
        await FluentActions.Awaiting(() => receiving).Should().ThrowAsync<OperationCanceledException>();

        (await stream.Database.StreamPendingAsync(stream.Keys["stream"], "group")).PendingMessageCount.Should().Be(0);
        await using var bus = await RedisMessageBus.ConnectAsync(server.ConnectionString, messaging =>
        {
            messaging.KeyPrefix = _prefix;
            messaging.UseJson(ContractJson.Default);
            messaging.AddStream<Note>("topic");
        });
        var letters = bus.Topic("topic").DeadLetters;
        var page = await letters.PeekAsync();
        page.Select(letter => letter.Position).Should().Equal(positions);
        notices.Select(notice => notice.Position).Should().Equal(positions);
        notices.Should().OnlyContain(notice => notice.Reason == "trimmed");
        page.Should().OnlyContain(letter => letter.Reason == "trimmed" && letter.Group == "group" && letter.Body.IsEmpty && letter.MessageId == null);
        (await letters.RedriveAllAsync()).Should().Be(0);
        await FluentActions.Awaiting(async () => await letters.RedriveAsync(page[0].Id)).Should().ThrowAsync<InvalidOperationException>().WithMessage($"*'topic'*{page[0].Position}*bytes are gone*");
        (await letters.DeleteAsync(page[0].Id)).Should().BeTrue();
        (await letters.CountAsync()).Should().Be(2);
    }

    [Fact]
    public async Task So_does_what_was_trimmed_before_it_ever_arrived()
    {
        await using var server = await RedisServer.StartPrivateAsync();
        await using var stream = new OpenTransport(server.ConnectionString, _prefix, TransportKind.Stream, options => ((StreamOptions)options).Lease = TimeSpan.FromMinutes(1), Log);
        await using var consumer = await stream.OpenAsync();
        await stream.SendAsync("1");
        await stream.Database.StreamReadGroupAsync(stream.Keys["stream"], "group", "consumer-1", ">");
        await stream.Database.StreamTrimAsync(stream.Keys["stream"], 0);
        using var stop = new CancellationTokenSource();
        var receiving = consumer.ReceiveAsync(new Delivery[10], stop.Token).AsTask();

        await Eventually.TrueAsync(
            async () =>
            {
                await using var admin = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString + ",allowAdmin=true");
                await admin.GetDatabase().ExecuteAsync("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
                return await admin.GetDatabase().StreamLengthAsync(stream.Keys.DeadLetters) == 1;
            },
            what: "what was handed to this consumer and never arrived has a dead letter");

        await stop.CancelAsync();
        await FluentActions.Awaiting(() => receiving).Should().ThrowAsync<OperationCanceledException>();
    }

    private async Task KeepOneAsync(ConnectionMultiplexer admin, long ageMs) => await admin.GetDatabase().ScriptEvaluateAsync(
        "local t = redis.call('TIME') redis.call('XADD', KEYS[1], string.format('%.0f', t[1] * 1000 - ARGV[1]), 'm', 'x', 'reason', 'said', 'at', 1)",
        [Keys.DeadLetters],
        [ageMs]);

    private ValueTask<RedisMessageBus> ConnectAsync(RedisServer server, TransportKind kind, TimeSpan maxAge, TimeSpan? lease = null) => RedisMessageBus.ConnectAsync(
        server.ConnectionString,
        messaging =>
        {
            messaging.KeyPrefix = _prefix;
            messaging.UseJson(ContractJson.Default);
            if (kind == TransportKind.Queue)
            {
                messaging.AddQueue<Note>(_topic, queue => (queue.Lease, queue.DeadLetterMaxAge) = (lease ?? Lease, maxAge));
            }
            else
            {
                messaging.AddStream<Note>(_topic, stream => (stream.Lease, stream.DeadLetterMaxAge) = (lease ?? Lease, maxAge));
            }
        },
        Log);
}
