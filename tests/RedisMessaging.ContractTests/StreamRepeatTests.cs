using System.Text;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>A publish to a stream whose reply is lost, without an id of its publisher's: sent again where the server can recognise a repeat, of unknown outcome elsewhere.</summary>
public sealed class StreamRepeatTests(ITestOutputHelper output) : ContractTest(new StreamFixture(), "resp3", output)
{
    private const int PublishRetried = 4001;
    private const int RepeatsUnknown = 4005;

    private static ReadOnlySpan<byte> OnePosition => "$15\r\n"u8;

    private int Retries => Log.Lines.Count(line => line.Id == PublishRetried);

    [RepeatFact]
    public async Task A_message_is_stored_once()
    {
        await using var server = await StartServerAsync();
        await using var link = FaultProxy.Start(server.ConnectionString);
        var bus = await ConnectAsync(link);
        await bus.PublishAsync(new Note("first"));

        var cut = link.CutReplies(1, OnePosition);
        var result = await bus.PublishAsync(new Note("second"));

        cut.IsOver.Should().BeTrue();
        Retries.Should().BeGreaterThanOrEqualTo(1);
        result.Duplicate.Should().BeFalse();
        (await PositionsAsync()).Should().HaveCount(2).And.Contain(result.Position, "a repeat gets the position of the first attempt");
    }

    [RepeatFact]
    public async Task Messages_of_one_script_are_stored_once_and_in_order()
    {
        await using var server = await StartServerAsync();
        await using var link = FaultProxy.Start(server.ConnectionString);
        var bus = await ConnectAsync(link);
        await bus.PublishManyAsync(Notes(100));
        // The script was tried by the first ones, and carries these.
        await Task.Delay(200);

        var cut = link.CutReplies(1, "$1689\r\n"u8);
        var results = await bus.PublishManyAsync(Notes(100, first: 100));
        await bus.PublishAsync(new Note("last"));

        cut.IsOver.Should().BeTrue();
        Retries.Should().BeGreaterThanOrEqualTo(1);
        var positions = await PositionsAsync();
        positions.Should().HaveCount(201);
        positions.Skip(100).Take(100).Should().Equal(results.Select(result => result.Position));
    }

    [RepeatFact]
    public async Task Messages_with_and_without_an_id_are_stored_once()
    {
        await using var server = await StartServerAsync();
        await using var link = FaultProxy.Start(server.ConnectionString);
        var bus = await ConnectAsync(link);
        OutgoingMessage<Note>[] messages = [new(new Note("one")), new(new Note("two"), new PublishOptions { MessageId = "two" }), new(new Note("three"))];
        await bus.PublishAsync(new Note("loads the script"), new PublishOptions { MessageId = "zero" });

        var cut = link.CutReplies(1, "*3\r\n"u8);
        var results = await bus.PublishManyAsync(Topic, messages);

        cut.IsOver.Should().BeTrue();
        results.Should().OnlyContain(result => !result.Duplicate);
        var positions = await PositionsAsync();
        positions.Should().HaveCount(4);
        results[0].Position.Should().Be(positions[1]);
        results[2].Position.Should().Be(positions[3]);
    }

    [RepeatFact]
    public async Task A_raw_entry_is_stored_once()
    {
        await using var server = await StartServerAsync();
        await using var link = FaultProxy.Start(server.ConnectionString);
        var bus = await ConnectAsync(link, topic: options =>
        {
            options.Format = MessageFormat.Raw;
            options.Carries<Note>();
        });
        await bus.PublishManyAsync(Notes(5));

        var cut = link.CutReplies(1, OnePosition);
        await bus.PublishManyAsync(Notes(5, first: 5));

        cut.IsOver.Should().BeTrue();
        (await (await DatabaseAsync()).StreamRangeAsync(Key("stream"))).Select(entry => (int)entry.Values.First(field => field.Name == "number").Value).Should().Equal(Enumerable.Range(0, 10));
    }

    [RepeatFact]
    public async Task A_message_that_is_trimmed_before_the_repeat_does_not_come_back()
    {
        await using var server = await StartServerAsync();
        await using var link = FaultProxy.Start(server.ConnectionString);
        var bus = await ConnectAsync(link);
        await bus.PublishAsync(new Note("first"));
        var database = await DatabaseAsync();

        link.CutReplies(1, OnePosition);
        link.RefusesConnections = true;
        var publishing = bus.PublishAsync(new Note("second")).AsTask();
        await Eventually.TrueAsync(async () => await database.StreamLengthAsync(Key("stream")) == 2);
        await database.StreamTrimAsync(Key("stream"), 0);
        link.RefusesConnections = false;

        (await Eventually.EndsAsync(publishing)).Position.Should().NotBeNull();
        (await database.StreamLengthAsync(Key("stream"))).Should().Be(0);
    }

    [RepeatFact]
    public async Task Where_the_stream_keeps_too_few_ids_the_outcome_stays_unknown()
    {
        await using var server = await StartServerAsync();
        await using var link = FaultProxy.Start(server.ConnectionString);
        var bus = await ConnectAsync(link);
        await bus.PublishAsync(new Note("first"));
        await (await DatabaseAsync()).ExecuteAsync("XCFGSET", Key("stream"), "IDMP-MAXSIZE", 10);

        link.CutReplies(1, OnePosition);
        var publishing = async () => await bus.PublishAsync(new Note("second"));

        await publishing.Should().ThrowAsync<PublishOutcomeUnknownException>();
        (await PositionsAsync()).Should().HaveCount(2, "it was stored, and not twice");
    }

    [RepeatFact]
    public async Task The_outcome_stays_unknown_when_the_time_is_over()
    {
        await using var server = await StartServerAsync();
        await using var link = FaultProxy.Start(server.ConnectionString);
        var bus = await ConnectAsync(link, TimeSpan.FromSeconds(1));
        await bus.PublishAsync(new Note("first"));

        link.CutReplies(1, OnePosition);
        link.RefusesConnections = true;
        var publishing = async () => await bus.PublishAsync(new Note("second"));

        await publishing.Should().ThrowAsync<PublishOutcomeUnknownException>();
    }

    [RepeatFact]
    public async Task Nothing_is_doubled_or_lost_while_replies_are_cut_again_and_again()
    {
        const int callers = 64, each = 200, cuts = 8;
        await using var server = await StartServerAsync();
        await using var link = FaultProxy.Start(server.ConnectionString);
        var bus = await ConnectAsync(link);
        var first = await bus.PublishAsync(new Note("first"));
        // Positions begin with the time; nothing that a connection asks at its start has such an answer.
        var position = Encoding.ASCII.GetBytes("\r\n" + first.Position![..5]);

        var publishing = Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            for (var number = 0; number < each; number++)
            {
                await bus.PublishAsync(new Note("note", (caller * each) + number));
            }
        })));
        for (var i = 0; i < cuts; i++)
        {
            var cut = link.CutReplies(1, position);
            await Eventually.TrueAsync(() => cut.IsOver || publishing.IsCompleted, within: TimeSpan.FromSeconds(30));
        }

        await publishing;
        Retries.Should().BeGreaterThan(0);
        (await PositionsAsync()).Should().HaveCount((callers * each) + 1);
    }

    [RepeatFact(Without = true)]
    public async Task A_server_that_does_not_know_repeats_leaves_the_outcome_unknown()
    {
        await using var server = await StartServerAsync();
        await using var link = FaultProxy.Start(server.ConnectionString);
        var bus = await ConnectAsync(link);
        await bus.PublishAsync(new Note("first"));

        link.CutReplies(1, OnePosition);
        var publishing = async () => await bus.PublishAsync(new Note("second"));

        await publishing.Should().ThrowAsync<PublishOutcomeUnknownException>();
        Retries.Should().Be(0);
    }

    [RepeatFact(Without = true)]
    public async Task A_server_that_does_not_know_repeats_any_more_stores_all_in_order()
    {
        await using var server = await StartServerAsync();
        var bus = await ConnectAsync(messaging => messaging.Options.RepeatsPublishes = true);

        var publishing = Enumerable.Range(0, 500).Select(number => bus.PublishAsync(new Note("note", number)).AsTask()).ToList();
        publishing.Add(bus.PublishManyAsync(Notes(100, first: 500)).AsTask().ContinueWith(many => many.Result[^1], TaskScheduler.Default));
        var results = await Task.WhenAll(publishing);

        (await PositionsAsync()).Should().HaveCount(600);
        (await PositionsAsync()).Take(500).Should().Equal(results.Take(500).Select(result => result.Position));
        Log.Lines.Count(line => line.Id == RepeatsUnknown).Should().Be(1);
    }

    private Task<RedisMessageBus> ConnectAsync(FaultProxy link, TimeSpan? publishTimeout = null, Action<TopicOptions>? topic = null) => ConnectAsync(
        messaging => messaging.PublishTimeout = publishTimeout ?? TimeSpan.FromMinutes(1),
        topic,
        connection: ConnectionString.Replace(Server.ConnectionString, link.ConnectionString, StringComparison.Ordinal));

    private async Task<OwnRedisServer> StartServerAsync()
    {
        var server = await RedisServer.StartPrivateAsync();
        Server = server;
        return server;
    }

    private async Task<string[]> PositionsAsync() => Array.ConvertAll(await (await DatabaseAsync()).StreamRangeAsync(Key("stream")), entry => entry.Id.ToString());
}
