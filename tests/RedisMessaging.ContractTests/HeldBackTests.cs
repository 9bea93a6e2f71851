using System.Collections.Concurrent;
using System.Text.Json;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>What is wrong with messages that are held back, or can never be stored, and what becomes of it.</summary>
public sealed class HeldBackTests(ITestOutputHelper output) : StartUpTest(output)
{
    private const int Swept = 7004;
    private const int MostFields = 3_500;

    public static TheoryData<TransportKind> Durable => [TransportKind.Queue, TransportKind.Stream];

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task A_message_that_lost_its_time_is_found_and_becomes_due(TransportKind kind)
    {
        var server = await StartServerAsync();
        var admin = await AdminAsync(server);
        var bus = await StartAsync(server.ConnectionString, kind);
        for (var number = 0; number < 100; number++)
        {
            await bus.PublishAsync(new Note("held", number), new PublishOptions { MessageId = $"id{number}", Delay = TimeSpan.FromHours(1) });
        }

        // More than a page of them.
        var scheduled = Key($"{Name(kind)}:scheduled");
        await admin.SortedSetRemoveAsync(scheduled, [.. Enumerable.Range(0, 50).Select(number => (RedisValue)$"id{number}")]);
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);

        await inbox.HasAsync(50);
        inbox.Numbers.Should().BeEquivalentTo(Enumerable.Range(0, 50));
        Log.Lines.Should().Contain(line => line.Id == Swept && line.Text.Contains("50 messages", StringComparison.Ordinal));
        (await admin.SortedSetLengthAsync(scheduled)).Should().Be(50, "the others keep their time");
        (await admin.HashLengthAsync(Key($"{Name(kind)}:scheduled:messages"))).Should().Be(50);
    }

    [Fact]
    public async Task What_fits_nowhere_becomes_a_dead_letter_and_keeps_nothing_waiting()
    {
        var server = await StartServerAsync();
        var admin = await AdminAsync(server);
        var handled = new ConcurrentQueue<string>();
        var observer = new NoticeList();
        var bus = await StartRawAsync(server, handled, observer);
        await bus.PublishToAsync("raw", new Dictionary<string, string> { ["a"] = "first" }, new PublishOptions { Delay = TimeSpan.FromSeconds(1) });
        await bus.PublishToAsync("raw", new Dictionary<string, string> { ["a"] = "second" }, new PublishOptions { Delay = TimeSpan.FromSeconds(1) });
        // What another program, or an older version, has put there.
        await admin.HashSetAsync("test:{raw}:stream:scheduled:messages", [new("odd", "no list"), new("wide", JsonSerializer.Serialize(new string[10_000]).Replace("null", "\"x\"", StringComparison.Ordinal)), new("half", "[\"a\"]")]);
        await admin.SortedSetAddAsync("test:{raw}:stream:scheduled", [new("odd", 1), new("wide", 2), new("half", 3)]);

        await Eventually.TrueAsync(() => handled.Count == 2);

        handled.Should().BeEquivalentTo("first", "second");
        var letters = await bus.Topic("raw").DeadLetters.PeekAsync();
        letters.Should().HaveCount(3).And.OnlyContain(letter => letter.Reason == "unstorable");
        await observer.HasAsync(3);
        observer.Notices.Should().HaveCount(3).And.OnlyContain(notice => notice.Reason == "unstorable");
        letters.Select(letter => letter.Detail).Should().Contain(detail => detail.Contains("5000 fields", StringComparison.Ordinal));
        (await admin.HashLengthAsync("test:{raw}:stream:scheduled:messages")).Should().Be(0);
        await FluentActions.Awaiting(async () => await bus.Topic("raw").DeadLetters.RedriveAllAsync()).Should().ThrowAsync<RedisMessagingException>();
        (await bus.Topic("raw").DeadLetters.CountAsync()).Should().Be(3, "they still fit nowhere, and stay");
    }

    [Fact]
    public async Task What_fits_nowhere_waits_and_keeps_nothing_waiting_where_it_can_t_be_a_dead_letter_either()
    {
        var server = await StartServerAsync();
        var admin = await AdminAsync(server);
        var handled = new ConcurrentQueue<string>();
        var bus = await StartRawAsync(server, handled);
        await admin.StringSetAsync("test:{raw}:dead", "something else");
        // More than a call moves.
        var names = Enumerable.Range(0, 250).Select(number => $"odd{number}").ToList();
        await admin.HashSetAsync("test:{raw}:stream:scheduled:messages", [.. names.Select(name => new HashEntry(name, "no list"))]);
        await admin.SortedSetAddAsync("test:{raw}:stream:scheduled", [.. names.Select(name => new SortedSetEntry(name, 1))]);

        await bus.PublishToAsync("raw", new Dictionary<string, string> { ["a"] = "good" }, new PublishOptions { Delay = TimeSpan.FromMilliseconds(500) });

        await Eventually.TrueAsync(() => handled.Count == 1);
        (await admin.HashLengthAsync("test:{raw}:stream:scheduled:messages")).Should().Be(250, "none is lost");
        (await admin.SortedSetLengthAsync("test:{raw}:stream:scheduled")).Should().Be(250);
    }

    [Fact]
    public async Task An_entry_of_too_many_fields_is_refused_at_publish()
    {
        var server = await StartServerAsync();
        var handled = new ConcurrentQueue<string>();
        var bus = await StartRawAsync(server, handled);
        Dictionary<string, string> WithFields(int count) => Enumerable.Range(0, count).ToDictionary(number => number == 0 ? "a" : $"f{number}", number => $"v{number}");

        foreach (var options in new[] { new PublishOptions(), new PublishOptions { Delay = TimeSpan.FromMilliseconds(50) }, new PublishOptions { MessageId = "given" } })
        {
            await FluentActions.Awaiting(async () => await bus.PublishToAsync("raw", WithFields(MostFields + 1), options))
                .Should().ThrowAsync<PublishRefusedException>().WithMessage("*'raw'*3501*3500*Format*");
            await bus.PublishToAsync("raw", WithFields(MostFields), options);
        }

        await Eventually.TrueAsync(() => handled.Count == 3, what: "the most there may be pass each way");
    }

    [Fact]
    public async Task A_position_behind_which_nothing_could_be_published_is_refused()
    {
        var server = await StartServerAsync();
        var bus = await StartAsync(server.ConnectionString, TransportKind.Stream);

        foreach (var position in new[] { $"{ulong.MaxValue}-{ulong.MaxValue}", $"{ulong.MaxValue}-{ulong.MaxValue - 1}", $"{ulong.MaxValue}" })
        {
            await FluentActions.Awaiting(async () => await bus.PublishAsync(new Note("last"), new PublishOptions { Position = position }))
                .Should().ThrowAsync<PublishRefusedException>().WithMessage($"*'{Topic}'*Position*'{position}*below*");
        }

        await bus.PublishAsync(new Note("far"), new PublishOptions { Position = $"{ulong.MaxValue - 1}-{ulong.MaxValue}" });
        (await bus.PublishAsync(new Note("behind"))).Position.Should().NotBeNull();
    }

    [Fact]
    public async Task A_floor_is_compared_to_its_last_digit()
    {
        var server = await StartServerAsync();
        var admin = await AdminAsync(server);
        var bus = await StartAsync(server.ConnectionString, TransportKind.Stream);
        await bus.PublishAsync(new Note("another stream"), new PublishOptions { Position = "5-9007199254740992" });
        await admin.StringSetAsync(Key("settled-up-to:contract"), "5-9007199254740993");
        var inbox = new Inbox();

        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);

        // A number of Lua's takes the two ids for the same, and would begin behind the message.
        await inbox.HasAsync(1);
    }

    private static string Key(string name) => $"test:{{{Topic}}}:{name}";

    private static string Name(TransportKind kind) => kind == TransportKind.Queue ? "queue" : "stream";

    private async Task<RedisMessageBus> StartRawAsync(OwnRedisServer server, ConcurrentQueue<string> handled, NoticeList? observer = null)
    {
        var bus = await StartAsync(server.ConnectionString, TransportKind.Stream, messaging =>
        {
            messaging.UseReflectionJson();
            messaging.AddDeadLetterObserver(observer ?? new NoticeList());
            messaging.AddStream("raw", options =>
            {
                options.Carries<Dictionary<string, string>>();
                options.Format = MessageFormat.Raw;
            });
        });
        await bus.SubscribeAsync<Dictionary<string, string>>("raw", (fields, _, _) =>
        {
            handled.Enqueue(fields["a"]);
            return ValueTask.CompletedTask;
        });
        return bus;
    }
}
