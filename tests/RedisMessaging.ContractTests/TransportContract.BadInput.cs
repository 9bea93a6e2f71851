using System.Text;
using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Topics;
using RedisMessaging.Topics.DeadLetters;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>What is too large, broken or not ours: refused before it is sent, or kept aside with its reason while the consumer goes on.</summary>
public abstract partial class TransportContract<TFixture>
{
    private const string Head = "{\"rm\":1,\"id\":\"bad\",\"type\":\"note\"}\n";

    /// <summary>What another program, or a broken one, may put there; and the reason it is kept aside with.</summary>
    private static IReadOnlyList<(string What, byte[] Frame, string Reason)> BadFrames { get; } =
    [
        ("plain text", "hello"u8.ToArray(), DeadLetterReason.Foreign),
        ("JSON without an envelope", "{\"text\":\"hello\"}"u8.ToArray(), DeadLetterReason.Foreign),
        ("bytes that are no text", [0xFF, 0xFE, 0x00, 0x80], DeadLetterReason.Foreign),
        ("a byte order mark", Utf8("\uFEFF" + Head + "{\"text\":\"a\"}"), DeadLetterReason.Foreign),
        ("no end of the header", "{\"rm\":1,\"id\":\"bad\",\"type\":\"note\"}"u8.ToArray(), DeadLetterReason.Undecodable),
        ("broken header", "{\"rm\":1,\"id\":\"bad\",\n{}"u8.ToArray(), DeadLetterReason.Undecodable),
        ("doubled id", "{\"rm\":1,\"id\":\"bad\",\"id\":\"good\",\"type\":\"note\"}\n{\"text\":\"a\"}"u8.ToArray(), DeadLetterReason.Undecodable),
        ("header with a depth bomb", Utf8("{\"rm\":1,\"x\":" + new string('[', 100_000) + "\n{}"), DeadLetterReason.Undecodable),
        ("header that is no UTF-8", [.. "{\"rm\":1,\"id\":\""u8, 0xC3, 0x28, .. "\",\"type\":\"note\"}\n{\"text\":\"a\"}"u8], DeadLetterReason.Undecodable),
        ("newer envelope", "{\"rm\":2,\"id\":\"bad\",\"kind\":\"note\"}\n{\"text\":\"a\"}"u8.ToArray(), DeadLetterReason.NewerEnvelope),
        ("no body", Utf8(Head), DeadLetterReason.Undecodable),
        ("null", Utf8(Head + "null"), DeadLetterReason.Undecodable),
        ("half a body", Utf8(Head + "{\"text\":\"a\""), DeadLetterReason.Undecodable),
        ("two bodies", Utf8(Head + "{\"text\":\"a\"}{\"text\":\"b\"}"), DeadLetterReason.Undecodable),
        ("wrong type of a property", Utf8(Head + "{\"text\":{},\"number\":1}"), DeadLetterReason.Undecodable),
        ("too large a number", Utf8(Head + "{\"text\":\"a\",\"number\":99999999999}"), DeadLetterReason.Undecodable),
        ("doubled property", Utf8(Head + "{\"text\":\"a\",\"text\":\"b\"}"), DeadLetterReason.Undecodable),
        ("depth bomb", Utf8(Head + string.Concat(Enumerable.Repeat("{\"text\":", 100_000))), DeadLetterReason.Undecodable),
        ("body that is no UTF-8", [.. Utf8(Head), .. "{\"text\":\""u8, 0xC3, 0x28, .. "\"}"u8], DeadLetterReason.Undecodable),
        ("unknown type", "{\"rm\":1,\"id\":\"bad\",\"type\":\"no-such-type\"}\n{}"u8.ToArray(), DeadLetterReason.UnknownType),
        ("a type of .NET", "{\"rm\":1,\"id\":\"bad\",\"type\":\"System.Diagnostics.Process, System.Diagnostics.Process\"}\n{\"StartInfo\":{\"FileName\":\"true\"}}"u8.ToArray(), DeadLetterReason.UnknownType),
        ("the message's own .NET type", Utf8($"{{\"rm\":1,\"id\":\"bad\",\"type\":\"{typeof(Note).AssemblyQualifiedName}\"}}\n{{\"text\":\"a\"}}"), DeadLetterReason.UnknownType),
    ];

    [ContractFact]
    public async Task What_can_not_be_handled_is_kept_aside_with_its_reason_and_the_consumer_goes_on()
    {
        // Counters are the process's: a topic of its own tells this test's from others'.
        var topic = $"bad-{Guid.NewGuid():N}";
        using var dropped = new Counted("redismessaging.messages.dropped", topic);
        using var deadLettered = new Counted("redismessaging.messages.dead_lettered", topic);
        var inbox = new Inbox();
        var bus = await ConnectAsync(messaging => Fixture.AddTopic(messaging, topic, options => options.Carries<Note>(), null));
        var subscription = await bus.SubscribeAsync<Note>(topic, inbox.HandleAsync);
        await using var connection = await ConnectionMultiplexer.ConnectAsync(ConnectionString);

        foreach (var (_, frame, _) in BadFrames)
        {
            await SendRawAsync(connection.GetDatabase(), topic, frame);
        }

        await bus.PublishToAsync(topic, new Note("after"));

        await inbox.HasAsync(1);
        inbox.Notes.Should().Equal(new Note("after"));
        await subscription.DisposeAsync();
        if (Fixture.Capabilities.DeadLetters)
        {
            var kept = await connection.GetDatabase().StreamRangeAsync(new TopicKeys(Prefix, topic).DeadLetters);
            kept.Select(entry => (string?)entry["reason"]).Should().Equal(BadFrames.Select(bad => bad.Reason));
            kept.Zip(BadFrames).Should().AllSatisfy(pair => ((byte[])pair.First["m"]!).AsSpan().SequenceEqual(pair.Second.Frame).Should().BeTrue("{0} is kept as it came", pair.Second.What));
            kept.Should().OnlyContain(entry => ((string?)entry["detail"])!.Length > 10);
            deadLettered.Total.Should().Be(BadFrames.Count);
        }
        else
        {
            dropped.Total.Should().Be(BadFrames.Count);
        }
    }

    [ContractFact]
    public async Task A_property_that_names_a_type_to_load_is_only_a_property()
    {
        var inbox = new Inbox();
        var bus = await ConnectAsync();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        await using var connection = await ConnectionMultiplexer.ConnectAsync(ConnectionString);

        await SendRawAsync(connection.GetDatabase(), Topic, Utf8(Head + "{\"$type\":\"System.Diagnostics.Process, System.Diagnostics.Process\",\"text\":\"a\",\"number\":3}"));

        await inbox.HasAsync(1);
        inbox.Notes.Should().Equal(new Note("a", 3));
    }

    [ContractFact]
    public async Task What_exceeds_a_limit_is_refused_before_it_is_sent()
    {
        var inbox = new Inbox();
        var bus = await ConnectAsync(messaging => messaging.MaxMessageBytes = 100_000);
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        var full = new string('x', 256);
        var headers = Enumerable.Range(0, 64).ToDictionary(number => $"header-{number:00}", _ => new string('v', 119));

        await IsRefusedAsync(bus, "*takes 100*MaxMessageBytes is 100000*", new Note(new string('x', 100_000)));
        await IsRefusedAsync(bus, "*MessageId is empty*", options: new PublishOptions { MessageId = "" });
        await IsRefusedAsync(bus, "*MessageId has 257 characters; 256*", options: new PublishOptions { MessageId = full + "x" });
        await IsRefusedAsync(bus, "*'a?b'*MessageId holds a control character*", options: new PublishOptions { MessageId = "a\nb" });
        await IsRefusedAsync(bus, "*Key has 257 characters*", options: new PublishOptions { Key = full + "x" });
        await IsRefusedAsync(bus, "*Key holds a control character*", options: new PublishOptions { Key = "a\0b" });
        await IsRefusedAsync(bus, "*CorrelationId has 257 characters*", options: new PublishOptions { CorrelationId = full + "x" });
        await IsRefusedAsync(bus, "*CorrelationId holds a control character*", options: new PublishOptions { CorrelationId = "\u0085" });
        await IsRefusedAsync(bus, "*Key is no valid text*", options: new PublishOptions { Key = "half \uD83D" });
        await IsRefusedAsync(bus, "*65 headers; 64*", options: WithHeaders([.. headers, new("one-more", "")]));
        await IsRefusedAsync(bus, "*8193 bytes; 8192*", options: WithHeaders([.. headers.Skip(1), new("header-00", new string('v', 120))]));
        await IsRefusedAsync(bus, "*'a?b'*control character*", options: WithHeaders([new("a\rb", "value")]));
        await IsRefusedAsync(bus, "*header name ''*", options: WithHeaders([new("", "value")]));
        await IsRefusedAsync(bus, "*'nothing' is null*", options: WithHeaders([new("nothing", null!)]));
        await IsRefusedAsync(bus, "*'half'*no valid text*", options: WithHeaders([new("half", "\uDC00")]));
        await FluentActions.Awaiting(async () => await bus.PublishAsync<Note>(null!)).Should().ThrowAsync<ArgumentNullException>();

        // What just fits, with line ends and the words of Redis' protocol in values.
        await bus.PublishAsync(new Note("fits"), new PublishOptions { MessageId = full, Key = full, CorrelationId = full, Headers = headers });
        await bus.PublishAsync(new Note("\r\n*3\r\n$3\r\nSET\r\n"), WithHeaders([new("a", "\r\n$-1\r\n\0")]));

        await inbox.HasAsync(2);
        inbox.Notes.Should().Equal(new Note("fits"), new Note("\r\n*3\r\n$3\r\nSET\r\n"));
        inbox.Contexts[0].Headers.Should().BeEquivalentTo(headers);
        inbox.Contexts[1].Headers["a"].Should().Be("\r\n$-1\r\n\0");
    }

    [ContractFact]
    public async Task One_of_many_that_exceeds_a_limit_or_is_null_does_not_keep_the_others()
    {
        var inbox = new Inbox();
        var bus = await ConnectAsync(messaging => messaging.MaxMessageBytes = 100_000);
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);

        var failed = (await FluentActions.Awaiting(async () => await bus.PublishManyAsync<Note>([new("first"), new(new string('x', 100_000)), null!, new("last")]))
            .Should().ThrowAsync<PublishManyException>()).Which;

        failed.Outcomes.Select(outcome => outcome.Error?.GetType()).Should().Equal(null, typeof(PublishRefusedException), typeof(ArgumentNullException), null);
        await inbox.HasAsync(2);
        inbox.Notes.Should().Equal(new Note("first"), new Note("last"));
    }

    private static PublishOptions WithHeaders(IEnumerable<KeyValuePair<string, string>> headers) => new() { Headers = new Dictionary<string, string>(headers) };

    private static async Task IsRefusedAsync(RedisMessageBus bus, string told, Note? note = null, PublishOptions? options = null) =>
        await FluentActions.Awaiting(async () => await bus.PublishAsync(note ?? new Note("refused"), options ?? new PublishOptions())).Should().ThrowAsync<PublishRefusedException>().WithMessage(told);

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>As another program does it.</summary>
    private Task SendRawAsync(IDatabase database, string topic, byte[] frame)
    {
        var keys = new TopicKeys(Prefix, topic);
        return Fixture.Kind switch
        {
            TransportKind.PubSub => database.PublishAsync(RedisChannel.Literal(Prefix + topic), frame),
            TransportKind.Queue => database.ListLeftPushAsync(keys["queue"], frame),
            _ => database.StreamAddAsync(keys["stream"], "m", frame),
        };
    }
}
