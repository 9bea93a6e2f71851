using System.Net;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>What requests leave behind, and what they need: the same over every transport.</summary>
public sealed class RequestTests(ITestOutputHelper output) : StartUpTest(output)
{
    private const int ReplyLost = 6003;

    [Fact]
    public async Task Replies_leave_nothing_behind()
    {
        var server = await StartServerAsync();
        var admin = await AdminAsync(server);
        await StartAsync(server.ConnectionString, TransportKind.Queue, AddDoubling);
        var asker = await StartAsync(server.ConnectionString, TransportKind.Queue);

        await Eventually.EndsAsync(Task.WhenAll(Enumerable.Range(0, 250).Select(number => asker.RequestAsync<Note, Sum>(new Note("twice", number)).AsTask())));

        var key = (await ReplyKeysAsync(admin)).Should().ContainSingle().Which;
        (await admin.KeyTimeToLiveAsync(key)).Should().BePositive("a stream that nobody looks after expires");
        await Eventually.TrueAsync(async () => await admin.StreamLengthAsync(key) == 0, what: "what was read is removed");
        await Eventually.EndsAsync(asker.DisposeAsync().AsTask());
        (await ReplyKeysAsync(admin)).Should().BeEmpty();
    }

    [Fact]
    public async Task Replies_with_lower_ids_than_former_ones_are_read()
    {
        var server = await StartServerAsync();
        var admin = await AdminAsync(server);
        await StartAsync(server.ConnectionString, TransportKind.Queue, AddDoubling);
        var asker = await StartAsync(server.ConnectionString, TransportKind.Queue);
        await Eventually.EndsAsync(asker.RequestAsync<Note, Sum>(new Note("twice", 1)).AsTask());
        var key = (await ReplyKeysAsync(admin)).Single();

        // As after a failover to a server whose clock is behind, and the stream expired.
        await admin.StreamAddAsync(key, "m", "from the year 2286", "9999999999999-1");
        await Eventually.TrueAsync(async () => await admin.StreamLengthAsync(key) == 0);
        await admin.KeyDeleteAsync(key);

        (await Eventually.EndsAsync(asker.RequestAsync<Note, Sum>(new Note("twice", 2)).AsTask())).Should().Be(new Sum(4));
    }

    [Fact]
    public async Task However_a_request_ends_nothing_of_it_waits_on()
    {
        var server = await StartServerAsync();
        var asker = await StartAsync(server.ConnectionString, TransportKind.Queue);
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));

        await FluentActions.Awaiting(() => asker.RequestAsync<Note, Sum>(new Note("slow"), null, cancellation.Token).AsTask()).Should().ThrowAsync<OperationCanceledException>();
        await FluentActions.Awaiting(() => asker.RequestAsync<Note, Sum>(new Note("slow"), new RequestOptions { Timeout = TimeSpan.FromMilliseconds(50) }).AsTask()).Should().ThrowAsync<RequestTimeoutException>();
        await FluentActions.Awaiting(() => asker.RequestAsync<Note, Sum>(new Note(new string('x', 20_000_000))).AsTask()).Should().ThrowAsync<PublishRefusedException>();
        asker.WaitingRequests.Should().Be(0);

        var waiting = asker.RequestAsync<Note, Sum>(new Note("closed")).AsTask();
        await Eventually.TrueAsync(() => asker.WaitingRequests == 1);
        await Eventually.EndsAsync(asker.DisposeAsync().AsTask());
        await FluentActions.Awaiting(() => Eventually.EndsAsync(waiting)).Should().ThrowAsync<ObjectDisposedException>();
        asker.WaitingRequests.Should().Be(0);
    }

    [Fact]
    public async Task Another_type_than_the_one_asked_for_is_told()
    {
        var server = await StartServerAsync();
        await StartAsync(server.ConnectionString, TransportKind.Queue, AddDoubling);
        var asker = await StartAsync(server.ConnectionString, TransportKind.Queue);

        var asking = () => Eventually.EndsAsync(asker.RequestAsync<Note, Alarm>(new Note("twice", 1)).AsTask());

        (await asking.Should().ThrowAsync<RequestException>()).WithMessage("*'sum'*'Alarm'*'alarm'*");
    }

    [Fact]
    public async Task A_reply_that_the_serializer_does_not_know_is_told_early()
    {
        var server = await StartServerAsync();
        var asker = await StartAsync(server.ConnectionString, TransportKind.Queue);

        await FluentActions.Awaiting(() => asker.RequestAsync<Note, IPEndPoint>(new Note("where")).AsTask()).Should().ThrowAsync<RedisMessagingConfigurationException>().WithMessage("*'IPEndPoint'*JsonConstructor*");
        await IsRefusedAsync(
            server.ConnectionString,
            TransportKind.Queue,
            "*request delegate for Note*'IPEndPoint'*JsonConstructor*",
            messaging => messaging.AddRequestHandler<Note, IPEndPoint>((_, _, _) => ValueTask.FromResult(new IPEndPoint(0, 0))));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100_000)]
    public async Task A_timeout_that_is_none_is_refused(int seconds)
    {
        var server = await StartServerAsync();
        var asker = await StartAsync(server.ConnectionString, TransportKind.Queue);

        await FluentActions.Awaiting(() => asker.RequestAsync<Note, Sum>(new Note("when"), new RequestOptions { Timeout = TimeSpan.FromSeconds(seconds) }).AsTask())
            .Should().ThrowAsync<ArgumentOutOfRangeException>().WithMessage("*more than zero*24 hours*");
    }

    [Fact]
    public async Task An_asker_that_may_not_read_replies_is_told_at_its_first_request()
    {
        var server = await StartServerAsync();
        var asker = await StartAsync(await AddWorkerAsync(server, $"~test:{{{Topic}}}:*", "&*", "+@all"), TransportKind.Queue);

        var asking = () => Eventually.EndsAsync(asker.RequestAsync<Note, Sum>(new Note("denied")).AsTask());

        (await asking.Should().ThrowAsync<RedisMessagingConfigurationException>()).WithMessage("*'worker'*test:{#*}:replies*ACL SETUSER worker ~test:{#*}:replies*");
    }

    [Fact]
    public async Task An_answerer_that_may_not_write_replies_logs_what_it_takes()
    {
        var server = await StartServerAsync();
        await StartAsync(await AddWorkerAsync(server, $"~test:{{{Topic}}}:*", "&*", "+@all"), TransportKind.Queue, AddDoubling);
        var asker = await StartAsync(server.ConnectionString, TransportKind.Queue);

        var asking = () => asker.RequestAsync<Note, Sum>(new Note("twice", 1), new RequestOptions { Timeout = TimeSpan.FromSeconds(1) }).AsTask();

        await asking.Should().ThrowAsync<RequestTimeoutException>();
        await Eventually.TrueAsync(() => Log.Lines.Any(line => line.Id == ReplyLost && line.Text.Contains("ACL SETUSER worker ~test:{#*}:replies", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_request_that_names_somebody_s_data_as_its_reply_stream_is_not_answered()
    {
        var server = await StartServerAsync();
        var admin = await AdminAsync(server);
        var inbox = new Inbox();
        await StartAsync(server.ConnectionString, TransportKind.Queue, messaging => messaging.AddRequestHandler<Note, Sum>(async (note, context, token) =>
        {
            await inbox.HandleAsync(note, context, token);
            return new Sum(1);
        }));
        await admin.StreamAddAsync("test:{orders}:stream", "m", "an order");

        await admin.ListLeftPushAsync($"test:{{{Topic}}}:queue", """{"rm":1,"id":"1","type":"note","reply":"test:{orders}:stream"}""" + "\n" + """{"text":"evil","number":1}""");

        await inbox.HasAsync(1);
        await Eventually.TrueAsync(async () => await admin.HashLengthAsync($"test:{{{Topic}}}:queue:claims:x") == 0 && await admin.ListLengthAsync($"test:{{{Topic}}}:queue") == 0);
        (await admin.StreamLengthAsync("test:{orders}:stream")).Should().Be(1);
        (await admin.KeyTimeToLiveAsync("test:{orders}:stream")).Should().BeNull();
    }

    private static void AddDoubling(RedisMessagingBuilder messaging) => messaging.AddRequestHandler<Note, Sum, DoublingHandler>();

    private static async Task<List<RedisKey>> ReplyKeysAsync(IDatabase admin)
    {
        var keys = new List<RedisKey>();
        await foreach (var key in admin.Multiplexer.GetServers().Single().KeysAsync(pattern: "*:replies"))
        {
            keys.Add(key);
        }

        return keys;
    }
}
