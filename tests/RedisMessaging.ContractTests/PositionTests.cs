using System.Collections.Concurrent;
using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Topics;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>
/// Positions that outlive their stream: the key is deleted, restored, or written by a server whose clock is behind, and what holds it then ends before what a reader remembers.
/// </summary>
public sealed class PositionTests(ITestOutputHelper output) : ContractTest(new StreamFixture(), "resp3", output)
{
    private const int TailBeginsAgain = 12000;
    private const int HistoryBeginsAgain = 9009;
    private const int BellBeginsAgain = 3022;
    private const int RegistryBeginsAgain = 9010;
    private const int GroupBeginsAgain = 12002;
    private const int GroupStartsAtBeginning = 12003;
    private const string FarAhead = "9999999999999-0";

    /// <summary>A read blocks for ten seconds at most, and what is asked for behind that takes a moment on a busy machine.</summary>
    private static readonly TimeSpan Noticed = TimeSpan.FromSeconds(30);

    private string Stream => Key("stream");

    [Fact]
    public async Task A_tail_reads_a_stream_that_begins_again_with_lower_ids()
    {
        var bus = await ConnectAsync();
        await PublishAsync(bus, 1000, 1001);
        await using var tail = new Tailing(bus, HistoryPoint.Beginning);
        await tail.HasAsync(1000, 1001);

        await (await DatabaseAsync()).KeyDeleteAsync(Stream);
        await PublishAsync(bus, 1, 2);

        await tail.HasAsync(1, 2);
        await PublishAsync(bus, 3);
        await tail.HasAsync(3);
        Log.Lines.Count(line => line.Id == TailBeginsAgain).Should().Be(1, "there is one line, and not one for each look");
        tail.Numbers.Should().Equal(1000, 1001, 1, 2, 3);
    }

    [Fact]
    public async Task A_tail_that_has_read_all_does_not_begin_again()
    {
        var bus = await ConnectAsync();
        await PublishAsync(bus, 5);
        await using var tail = new Tailing(bus, HistoryPoint.Beginning);
        await tail.HasAsync(5);
        await (await DatabaseAsync()).StreamTrimAsync(Stream, 0);

        // Beyond the first block, which is two seconds, and so beyond a look.
        await Task.Delay(TimeSpan.FromSeconds(3));
        await PublishAsync(bus, 6);

        await tail.HasAsync(6);
        tail.Numbers.Should().Equal(5, 6);
        Log.Lines.Should().NotContain(line => line.Id == TailBeginsAgain);
    }

    [Fact]
    public async Task A_tail_survives_a_server_that_comes_back_empty()
    {
        var server = await RedisServer.StartPrivateAsync();
        Server = server;
        await using var _ = server;
        var bus = await ConnectAsync();
        await PublishAsync(bus, 1000);
        await using var tail = new Tailing(bus, HistoryPoint.Beginning);
        await tail.HasAsync(1000);

        await server.KillAsync();
        await server.RestartAsync();
        await Eventually.TrueAsync(async () => await PublishesAsync(bus, new Note("position", 1)) && await (await DatabaseAsync()).KeyDeleteAsync(Stream), within: Noticed);
        await PublishAsync(bus, 2);

        await tail.HasAsync(2);
        await bus.DisposeAsync();
    }

    [Theory]
    [InlineData("1000-1", true, "what it stands behind is gone")]
    [InlineData("5-1", false, "nothing is behind the last entry")]
    [InlineData("6-0", false, "the next id that there may be")]
    [InlineData("7-0", true, "none like that was ever given")]
    public async Task A_bookmark_beyond_the_stream_starts_at_its_beginning(string from, bool beginsAgain, string because)
    {
        var bus = await ConnectAsync();
        await PublishAsync(bus, 4, 5);

        var read = await ReadAsync(bus, from);
        await using var tail = new Tailing(bus, from);
        await Eventually.TrueAsync(() => Log.Lines.Count(line => line.Id == HistoryBeginsAgain) == (beginsAgain ? 2 : 0));
        await PublishAsync(bus, 100);
        await tail.HasAsync(100);

        read.Should().Equal(beginsAgain ? [4, 5] : [], because);
        tail.Numbers.Should().Equal(beginsAgain ? [4, 5, 100] : [100], because);
        Log.Lines.Count(line => line.Id == HistoryBeginsAgain).Should().Be(beginsAgain ? 2 : 0);
    }

    [Fact]
    public async Task A_range_and_a_time_are_no_bookmarks()
    {
        var bus = await ConnectAsync();
        await PublishAsync(bus, 4, 5);

        (await ReadAsync(bus, "1000-0", "2000-0")).Should().BeEmpty();
        (await ReadAsync(bus, DateTimeOffset.UtcNow.AddDays(1))).Should().BeEmpty();
        Log.Lines.Should().NotContain(line => line.Id == HistoryBeginsAgain);
    }

    [Fact]
    public async Task A_history_that_begins_again_while_it_is_read_is_read_again()
    {
        var bus = await ConnectAsync();
        await PublishAsync(bus, 1000, 1001);
        var read = new List<int>();

        await foreach (var entry in bus.Topic(Topic).AsStream().ReadHistoryAsync<Note>(options: new HistoryOptions { PageSize = 1 }))
        {
            read.Add(entry.Message!.Number);
            if (read.Count == 1)
            {
                await (await DatabaseAsync()).KeyDeleteAsync(Stream);
                await PublishAsync(bus, 1, 2, 3);
            }
        }

        read.Should().Equal(1000, 1, 2, 3);
    }

    [Fact]
    public async Task A_bell_that_begins_again_wakes()
    {
        var inbox = new Inbox();
        var bus = await ConnectAsync();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        var other = await ConnectAsync();
        var database = await DatabaseAsync();
        var bell = Key("stream:signal");
        await database.StreamAddAsync(bell, "due", 1, FarAhead);
        // Read by now: the next one comes from the new stream alone.
        await other.PublishAsync(new Note("rung", 1), new PublishOptions { Delay = TimeSpan.FromMilliseconds(100) });
        await inbox.HasAsync(new Note("rung", 1));
        await database.KeyDeleteAsync(bell);
        await Eventually.TrueAsync(() => Log.Lines.Any(line => line.Id == BellBeginsAgain && line.Text.Contains(bell, StringComparison.Ordinal)), Noticed);

        await other.PublishAsync(new Note("rung", 2), new PublishOptions { Delay = TimeSpan.FromMilliseconds(100) });

        await inbox.HasAsync(new Note("rung", 2));
        Log.Lines.Count(line => line.Id == BellBeginsAgain && line.Text.Contains(bell, StringComparison.Ordinal)).Should().Be(1);
    }

    [Fact]
    public async Task A_reply_with_a_lower_id_is_not_removed_unread()
    {
        // Clients are found by the name of their application, and other tests on a shared server use the same name.
        await using var server = await RedisServer.StartPrivateAsync();
        Server = server;
        const string requests = "requests";
        var handling = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await ConnectAsync(messaging =>
        {
            messaging.AddQueue<Alarm>(requests);
            messaging.AddRequestHandler<Alarm, Sum>(async (alarm, _, _) =>
            {
                handling.TrySetResult();
                await release.Task;
                return new Sum(1);
            });
        });
        var asker = await ConnectAsync(messaging => messaging.AddQueue<Alarm>(requests));
        var asking = asker.RequestAsync<Alarm, Sum>(new Alarm("front door"), new RequestOptions { Timeout = TimeSpan.FromSeconds(15) }).AsTask();
        await Eventually.EndsAsync(handling.Task);
        var database = await DatabaseAsync();
        await Eventually.TrueAsync(async () => (await ListClientsAsync("contract")).Any(client => client.Contains("/replies", StringComparison.Ordinal) && client.Contains("cmd=xread", StringComparison.Ordinal)));
        var key = $"{Prefix}{{#{InstanceOf(await ListClientsAsync("contract"))}}}:replies";

        // Read at once, and removed once nothing else came: at a time when the stream is another one.
        await database.ScriptEvaluateAsync("redis.call('XADD', KEYS[1], ARGV[1], 'm', 'ahead')", [key], [FarAhead]);
        await Eventually.TrueAsync(async () => (await ListClientsAsync("contract")).Any(client => client.Contains("/replies", StringComparison.Ordinal)));
        await Task.Delay(TimeSpan.FromMilliseconds(200));
        await database.KeyDeleteAsync(key);
        release.SetResult();

        (await Eventually.EndsAsync(asking)).Should().Be(new Sum(1));
    }

    [Fact]
    public async Task A_registry_of_members_that_begins_again_is_read_again()
    {
        const string family = "logs:*";
        void AddFamily(RedisMessagingBuilder messaging) => messaging.AddStream<Alarm>(family);
        var received = new ConcurrentQueue<string>();
        var bus = await ConnectAsync(AddFamily);
        await bus.SubscribeAsync<Alarm>(family, (_, context, _) =>
        {
            received.Enqueue(context.Channel);
            return ValueTask.CompletedTask;
        });
        await bus.PublishToAsync("logs:web", new Alarm("one"));
        await Eventually.TrueAsync(() => received.Contains("logs:web"));

        var members = new TopicKeys(Prefix, family)["stream:members"];
        var database = await DatabaseAsync();
        var other = await ConnectAsync(AddFamily);
        await other.PublishToAsync("logs:api", new Alarm("two"));
        await Eventually.TrueAsync(() => received.Contains("logs:api"));
        // As many as before, and lower: nothing about the registry's size tells.
        var transaction = database.CreateTransaction();
        _ = transaction.KeyDeleteAsync(members);
        _ = transaction.SortedSetAddAsync(members, [new("logs:old", 1), new("logs:older", 2)]);
        await transaction.ExecuteAsync();
        await database.StreamAddAsync(new TopicKeys(Prefix, "logs:old")["stream"], "m", "{\"rm\":1,\"id\":\"1\",\"type\":\"alarm\",\"at\":1}\n{\"where\":\"attic\"}");

        await Eventually.TrueAsync(() => received.Contains("logs:old"), Noticed);
        Log.Lines.Should().Contain(line => line.Id == RegistryBeginsAgain);
    }

    [Fact]
    public async Task A_group_beyond_a_stream_whose_ids_were_set_back_begins_again()
    {
        var inbox = new Inbox();
        var bus = await ConnectAsync(lease: TimeSpan.FromSeconds(2));
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        await PublishAsync(bus, 1000);
        await inbox.HasAsync(1);
        var database = await DatabaseAsync();
        await Eventually.TrueAsync(async () => await database.StringGetAsync(Key("settled-up-to:contract")) == "1000-0", what: "the group's end was looked at");
        await database.StreamTrimAsync(Stream, 0);
        await database.ExecuteAsync("XSETID", Stream, "1-0");

        await PublishAsync(bus, 2, 3);

        await Eventually.TrueAsync(() => inbox.Numbers.Contains(2) && inbox.Numbers.Contains(3), Noticed);
        Log.Lines.Count(line => line.Id == GroupBeginsAgain).Should().Be(1);
    }

    [Fact]
    public async Task A_group_that_was_set_ahead_stays_there()
    {
        var inbox = new Inbox();
        var bus = await ConnectAsync(lease: TimeSpan.FromSeconds(1));
        await PublishAsync(bus, 1);
        await bus.Topic(Topic).AsStream().Groups.CreateAsync("contract", DateTimeOffset.UtcNow);
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);

        // A few sweeps, which are four for each lease.
        await Task.Delay(TimeSpan.FromSeconds(2));
        await bus.PublishAsync(new Note("now", 2));

        await inbox.HasAsync(1);
        inbox.Numbers.Should().Equal(2);
        Log.Lines.Should().NotContain(line => line.Id == GroupBeginsAgain || line.Id == BellBeginsAgain);
    }

    [Fact]
    public async Task A_group_is_not_set_beyond_the_stream()
    {
        var inbox = new Inbox();
        var bus = await ConnectAsync();
        await PublishAsync(bus, 1);
        var groups = bus.Topic(Topic).AsStream().Groups;

        (await groups.CreateAsync("contract", HistoryPoint.After("1000-0"))).Should().BeTrue();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        await inbox.HasAsync(1);
        await groups.SeekAsync("contract", "1000-0");

        await inbox.HasAsync(2);
        Log.Lines.Count(line => line.Id == GroupStartsAtBeginning).Should().Be(2);
    }

    private static string InstanceOf(IReadOnlyList<string> clients)
    {
        var name = clients.Single(client => client.Contains("/replies/", StringComparison.Ordinal)).Split(' ').Single(field => field.StartsWith("name=", StringComparison.Ordinal));
        return name.Split('/')[1];
    }

    /// <summary>Each number's message at the position that has its number.</summary>
    private static async Task PublishAsync(RedisMessageBus bus, params int[] numbers)
    {
        foreach (var number in numbers)
        {
            await bus.PublishAsync(new Note("position", number), new PublishOptions { Position = $"{number}-0" });
        }
    }

    private static async Task<List<int>> ReadAsync(RedisMessageBus bus, HistoryPoint from, HistoryPoint to = default)
    {
        var read = new List<int>();
        await foreach (var entry in bus.Topic(Topic).AsStream().ReadHistoryAsync<Note>(from, to))
        {
            read.Add(entry.Message!.Number);
        }

        return read;
    }

    private sealed class Tailing : IAsyncDisposable
    {
        private readonly ConcurrentQueue<int> _numbers = new();
        private readonly CancellationTokenSource _stop = new();
        private readonly RedisMessageBus _bus;
        private readonly Task _running;

        public Tailing(RedisMessageBus bus, HistoryPoint from)
        {
            _bus = bus;
            _running = Task.Run(() => RunAsync(from));
        }

        public IReadOnlyList<int> Numbers => [.. _numbers];

        public async Task HasAsync(params int[] numbers)
        {
            foreach (var number in numbers)
            {
                await Eventually.TrueAsync(() => _running.IsFaulted || _numbers.Contains(number), Noticed, $"{number} is read");
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            // By its own token, or by the bus that was disposed before.
            (await FluentActions.Awaiting(() => Eventually.EndsAsync(_running)).Should().ThrowAsync<Exception>()).Which.Should().Match(error => error is OperationCanceledException || error is ObjectDisposedException);
            _stop.Dispose();
        }

        private async Task RunAsync(HistoryPoint from)
        {
            await foreach (var entry in _bus.Topic(Topic).AsStream().TailAsync<Note>(from, _stop.Token))
            {
                _numbers.Enqueue(entry.Message!.Number);
            }
        }
    }
}
