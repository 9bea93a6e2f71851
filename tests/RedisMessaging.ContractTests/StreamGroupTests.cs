using System.Collections.Concurrent;
using System.Globalization;
using RedisMessaging.Bus.Stopping;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.ContractTests;

/// <summary>A consumer group that is lost while its stream is still there: nothing is lost with it, and not everything is handled again.</summary>
public sealed class StreamGroupTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Group = "group";
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);

    private OpenTransport _stream = null!;

    private TestLog Log { get; } = new(output);

    private string Stream => _stream.Keys["stream"]!;

    private string Floor => _stream.Keys["settled-up-to:" + Group]!;

    public async Task InitializeAsync()
    {
        _stream = Open((await RedisServer.SharedAsync()).ConnectionString, Log);
        // Makes it connect.
        await _stream.SendAsync("first");
        await _stream.Database.KeyDeleteAsync(Stream);
    }

    public async Task DisposeAsync()
    {
        await _stream.DisposeAsync();
        Log.Dispose();
    }

    [Fact]
    public async Task What_a_dead_consumer_held_is_not_lost_with_the_group()
    {
        await using var survivor = await _stream.OpenAsync();
        var dead = await _stream.OpenAsync();
        await _stream.SendAsync(Texts(0, 50));
        (await dead.ReceiveAsync(50)).Should().HaveCount(50, "it takes them, and is not heard of any more");
        await _stream.SendAsync(Texts(50, 50));
        await survivor.SettleAsync(SettlementKind.Ack, await survivor.ReceiveAsync(50));

        await DestroyGroupAsync();
        await using var handling = Handle(survivor);

        await Eventually.TrueAsync(() => Texts(0, 50).All(handling.Texts.Contains), what: "what the dead consumer held is handled");
    }

    [Fact]
    public async Task What_a_live_consumer_holds_is_not_lost_when_it_dies_after_the_group()
    {
        await using var survivor = await _stream.OpenAsync();
        var other = await _stream.OpenAsync();
        await _stream.SendAsync(Texts(0, 20));
        var held = await other.ReceiveAsync(20);
        await _stream.SendAsync(Texts(20, 20));
        await survivor.SettleAsync(SettlementKind.Ack, await survivor.ReceiveAsync(20));
        await DestroyGroupAsync();
        (await other.SettleAsync(SettlementKind.Ack, held[..5])).Should().Be(5, "nobody else has them: no lease was lost");

        // The other one dies here, with fifteen of them in its hands.
        await using var handling = Handle(survivor);

        await Eventually.TrueAsync(() => Texts(5, 15).All(handling.Texts.Contains), what: "what the other one held is handled");
    }

    [Fact]
    public async Task What_was_handled_before_a_sweep_is_not_handled_again()
    {
        const int count = 10_000;
        await using var survivor = await _stream.OpenAsync();
        await using var handling = Handle(survivor);
        for (var first = 0; first < count; first += 500)
        {
            await _stream.SendAsync(Texts(first, 500));
        }

        await Eventually.TrueAsync(() => handling.Count == count, what: "all are handled");
        var last = (await _stream.Database.StreamRangeAsync(Stream, count: 1, messageOrder: StackExchange.Redis.Order.Descending)).Single().Id;
        await Eventually.TrueAsync(async () => await _stream.Database.StringGetAsync(Floor) == last, what: "a sweep notes how far the group has got");

        await DestroyGroupAsync();
        await _stream.SendAsync("after");

        await Eventually.TrueAsync(() => handling.Texts.Contains("after"));
        handling.Count.Should().Be(count + 1);
    }

    [Fact]
    public async Task What_a_consumer_holds_itself_is_not_handed_to_it_again()
    {
        await using var consumer = await _stream.OpenAsync();
        await _stream.SendAsync(Texts(0, 10));
        var held = await consumer.ReceiveAsync(10);

        await DestroyGroupAsync();
        await _stream.SendAsync("after");

        var next = (await consumer.ReceiveAsync(1)).Single();
        next.Text().Should().Be("after");
        (await consumer.SettleAsync(SettlementKind.Ack, [.. held, next])).Should().Be(11);
        (await _stream.Database.StreamPendingAsync(Stream, Group)).PendingMessageCount.Should().Be(0);
    }

    [Fact]
    public async Task A_new_group_that_starts_at_the_end_is_not_made_anew_at_the_beginning()
    {
        await _stream.SendAsync(Texts(0, 10));
        await using var consumer = await _stream.OpenAsync(startAt: StartPosition.New);
        await DestroyGroupAsync();
        await _stream.SendAsync("after");

        (await consumer.ReceiveAsync(1)).Single().Text().Should().Be("after");
    }

    [Fact]
    public async Task A_group_that_was_lost_while_nobody_consumed_goes_on_where_it_was()
    {
        var first = await _stream.OpenAsync();
        await _stream.SendAsync(Texts(0, 10));
        await first.SettleAsync(SettlementKind.Ack, (await first.ReceiveAsync(10))[..6]);
        await first.DisposeAsync();
        await DestroyGroupAsync();

        await using var second = await _stream.OpenAsync(startAt: StartPosition.New);
        await using var handling = Handle(second);

        await Eventually.TrueAsync(() => Texts(6, 4).All(handling.Texts.Contains), what: "what was given back is handled");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stream_that_is_another_one_is_read_from_its_beginning(bool withOldIds)
    {
        await using var consumer = await _stream.OpenAsync();
        await _stream.SendAsync(Texts(0, 10));
        await using var handling = Handle(consumer);
        await Eventually.TrueAsync(async () => handling.Count == 10 && (string?)await _stream.Database.StringGetAsync(Floor) != "0-0", what: "the floor is noted");

        // A server whose clock is behind would give such ids.
        await _stream.Database.ScriptEvaluateAsync("redis.call('DEL', KEYS[1]) redis.call('XADD', KEYS[1], ARGV[1], 'm', 'anew')", [Stream], [withOldIds ? "5-1" : "*"]);

        await Eventually.TrueAsync(() => handling.Texts.Contains("anew"));
    }

    [Fact]
    public async Task The_floor_goes_with_its_group()
    {
        var broadcast = await _stream.OpenAsync(broadcast: true);
        var consumer = await _stream.OpenAsync();
        async Task<int> FloorsAsync()
        {
            var keys = (string[])(await _stream.Database.ExecuteAsync("KEYS", Floor.Replace(Group, "*", StringComparison.Ordinal)))!;
            return keys.Length;
        }

        (await FloorsAsync()).Should().Be(2);
        (await _stream.Database.HashLengthAsync(_stream.Keys["groups:seen"])).Should().Be(2);
        await broadcast.DisposeAsync();
        (await FloorsAsync()).Should().Be(1);
        (await _stream.Database.HashKeysAsync(_stream.Keys["groups:seen"])).Should().Equal(Group);
        await consumer.DisposeAsync();
        (await _stream.DeleteDrainedAsync()).Should().BeTrue();
        (await FloorsAsync()).Should().Be(0);
        (await _stream.Database.KeyExistsAsync(_stream.Keys["groups:seen"])).Should().BeFalse();
    }

    private static OpenTransport Open(string connectionString, TestLog log) =>
        new(connectionString, UniquePrefix.Create(), TransportKind.Stream, options => ((StreamOptions)options).Lease = Lease, log);

    private async Task DestroyGroupAsync() => (await _stream.Database.StreamDeleteConsumerGroupAsync(Stream, Group)).Should().BeTrue();

    private static string[] Texts(int first, int count) => [.. Enumerable.Range(first, count).Select(number => number.ToString(CultureInfo.InvariantCulture))];

    private static Handling Handle(IReceiver receiver) => new(receiver);

    /// <summary>Receives and acks until it is disposed.</summary>
    private sealed class Handling : IAsyncDisposable
    {
        private readonly ConcurrentQueue<string> _texts = new();
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _running;

        public Handling(IReceiver receiver) => _running = Task.Run(() => RunAsync(receiver));

        public IReadOnlyCollection<string> Texts => _texts;

        public int Count => _texts.Count;

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _running;
            _stop.Dispose();
        }

        private async Task RunAsync(IReceiver receiver)
        {
            var buffer = new Delivery[100];
            try
            {
                while (true)
                {
                    var count = await receiver.ReceiveAsync(buffer, _stop.Token);
                    var received = buffer[..count];
                    foreach (var delivery in received)
                    {
                        _texts.Enqueue(delivery.Text());
                    }

                    await receiver.SettleAsync(SettlementKind.Ack, received);
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
            }
        }
    }
}
