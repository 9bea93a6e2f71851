using System.Buffers;
using System.Text;
using RedisMessaging.Consuming.Steps;
using RedisMessaging.Serialization.Envelope;
using RedisMessaging.Serialization.Json;
using RedisMessaging.Tests.Support;
using RedisMessaging.Topics.DeadLetters;

namespace RedisMessaging.Tests.Pipeline;

/// <summary>The frame on the wire: a JSON header, a newline, the body as the serializer wrote it.</summary>
public sealed class EnvelopeTests
{
    private static readonly JsonMessageSerializer Json = new(null, [SampleJson.Default], null);

    private static readonly EnvelopeHeader Full = new()
    {
        MessageId = "0199a",
        Type = "order-placed",
        PublishedAtMs = 1763712000123,
        Source = "shop-api/7f3a",
        Key = "42",
        CorrelationId = "c-1",
        ExpiresAtMs = 1763712600123,
        Headers = new Dictionary<string, string> { ["tenant"] = "acme", ["이름"] = "홍길동 🚀", ["lines"] = "a\nb\r\n\"c\"\\", ["empty"] = "", ["nul"] = "\0\u0001\u007f" },
    };

    [Fact]
    public void Everything_in_the_header_comes_back()
    {
        var frame = EnvelopeWriter.Write(Full, Json, new OrderPlaced(42, "김"));
        var header = EnvelopeReader.Read(frame, out var body);
        header.Should().BeEquivalentTo(Full, options => options.Excluding(one => one.UnreadId));
        Json.Deserialize<OrderPlaced>(new ReadOnlySequence<byte>(body)).Should().Be(new OrderPlaced(42, "김"));
    }

    [Theory]
    [InlineData("0199-a", "shop-api/7f3a", "{\"rm\":1,\"id\":\"0199-a\",\"type\":\"text\",\"at\":1763712000123,\"src\":\"shop-api/7f3a\"}\n\"hi\"")]
    [InlineData("a\"b", "shop", "{\"rm\":1,\"id\":\"a\\\"b\",\"type\":\"text\",\"at\":1763712000123,\"src\":\"shop\"}\n\"hi\"")]
    [InlineData("주문-1", "shop\\x", "{\"rm\":1,\"id\":\"주문-1\",\"type\":\"text\",\"at\":1763712000123,\"src\":\"shop\\\\x\"}\n\"hi\"")]
    public void A_header_of_plain_text_reads_like_any_other(string id, string source, string expected)
    {
        var frame = EnvelopeWriter.Write(new EnvelopeHeader { MessageId = id, Type = "text", PublishedAtMs = 1763712000123, Source = source }, Json, "hi");

        Encoding.UTF8.GetString(frame).Should().Be(expected);
        var header = EnvelopeReader.Read(frame, out _);
        (header.MessageId, header.Type, header.PublishedAtMs, header.Source).Should().Be((id, "text", 1763712000123, source));
    }

    [Fact]
    public void What_was_not_given_is_not_written()
    {
        var frame = EnvelopeWriter.Write(new EnvelopeHeader { MessageId = "1", Type = "text", PublishedAtMs = 5 }, Json, "hi");
        Encoding.UTF8.GetString(frame).Should().Be("{\"rm\":1,\"id\":\"1\",\"type\":\"text\",\"at\":5}\n\"hi\"");
        var header = EnvelopeReader.Read(frame, out _);
        (header.Source, header.Key, header.CorrelationId, header.Headers).Should().Be((null, null, null, null));
    }

    [Fact]
    public void The_header_is_readable_and_holds_no_raw_newline()
    {
        var text = Encoding.UTF8.GetString(EnvelopeWriter.Write(Full, Json, Array.Empty<byte>()));
        text.Should().StartWith("{\"rm\":1,").And.Contain("홍길동", "Korean stays readable in redis-cli");
        text.IndexOf('\n', StringComparison.Ordinal).Should().Be(text.Length - 1, "the first newline ends the header, and the body is empty");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1024 * 1024)]
    public void Bodies_of_any_size_are_carried_as_they_are(int size)
    {
        var bytes = new byte[size];
        new Random(1).NextBytes(bytes);
        EnvelopeReader.Read(EnvelopeWriter.Write(Full, Json, bytes), out var body);
        body.ToArray().Should().Equal(bytes);
    }

    [Fact]
    public void A_body_that_holds_newlines_and_looks_like_a_frame_is_carried_as_it_is()
    {
        var bytes = "\n\n{\"rm\":1}\n"u8.ToArray();
        EnvelopeReader.Read(EnvelopeWriter.Write(Full, Json, bytes), out var body);
        body.ToArray().Should().Equal(bytes);
    }

    [Fact]
    public void A_large_message_does_not_disturb_the_next_one()
    {
        EnvelopeWriter.Write(Full, Json, new byte[3 * 1024 * 1024]);
        Encoding.UTF8.GetString(EnvelopeWriter.Write(new EnvelopeHeader { MessageId = "1", Type = "text", PublishedAtMs = 5 }, Json, "hi")).Should().EndWith("\n\"hi\"");
    }

    [Fact]
    public void A_serializer_that_fails_half_way_leaves_nothing_behind()
    {
        var failing = () => EnvelopeWriter.Write(Full, new FailsHalfWay(), "x");
        failing.Should().Throw<InvalidOperationException>();
        EnvelopeReader.Read(EnvelopeWriter.Write(Full, Json, "next"), out var body).MessageId.Should().Be(Full.MessageId);
        Encoding.UTF8.GetString(body.Span).Should().Be("\"next\"");
    }

    [Fact]
    public void A_serializer_that_writes_a_frame_inside_gets_a_buffer_of_its_own()
    {
        var frame = EnvelopeWriter.Write(Full, new WritesInside(), "outer");
        EnvelopeReader.Read(frame, out var body);
        Encoding.UTF8.GetString(body.Span).Should().Be("[outer]");
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("")]
    [InlineData("{\"id\":\"1\",\"type\":\"t\"}\n{}")]
    [InlineData("{ \"rm\":1}\n{}")]
    [InlineData("\uFEFF{\"rm\":1}\n{}")]
    public void What_does_not_start_like_a_frame_is_foreign(string frame) => Refuse(frame, DeadLetterReason.Foreign);

    [Theory]
    [InlineData("{\"rm\":2,\"id\":\"1\",\"type\":\"t\"}\n{}", "2")]
    [InlineData("{\"rm\":2,\"id\":{\"changed\":true}}\n{}", "2")]
    public void A_newer_version_is_told_apart_whatever_follows(string frame, string version) =>
        Refuse(frame, DeadLetterReason.NewerEnvelope).Message.Should().Contain(version).And.Contain("Upgrade");

    [Theory]
    [InlineData("{\"rm\":1,\"id\":\"1\",\"type\":\"t\"}", "newline")]
    [InlineData("{\"rm\":1,\"id\":\"1\",\"type\":\"t\"\n{}", "can't be read")]
    [InlineData("{\"rm\":\"one\",\"id\":\"1\",\"type\":\"t\"}\n{}", "can't be read")]
    [InlineData("{\"rm\":1.5,\"id\":\"1\",\"type\":\"t\"}\n{}", "can't be read")]
    [InlineData("{\"rm\":1,\"id\":1,\"type\":\"t\"}\n{}", "can't be read")]
    [InlineData("{\"rm\":1,\"type\":\"t\"}\n{}", "'id'")]
    [InlineData("{\"rm\":1,\"id\":\"\",\"type\":\"t\"}\n{}", "'id'")]
    [InlineData("{\"rm\":1,\"id\":null,\"type\":\"t\"}\n{}", "'id'")]
    [InlineData("{\"rm\":1,\"id\":\"1\"}\n{}", "'type'")]
    [InlineData("{\"rm\":1,\"id\":\"1\",\"type\":\"\"}\n{}", "'type'")]
    [InlineData("{\"rm\":1,\"id\":\"1\",\"type\":\"t\",\"at\":\"now\"}\n{}", "can't be read")]
    [InlineData("{\"rm\":1,\"id\":\"1\",\"type\":\"t\",\"at\":99999999999999999999}\n{}", "can't be read")]
    [InlineData("{\"rm\":1,\"id\":\"1\",\"type\":\"t\",\"at\":999999999999999}\n{}", "'at'")]
    [InlineData("{\"rm\":1,\"id\":\"1\",\"type\":\"t\",\"at\":-999999999999999}\n{}", "'at'")]
    [InlineData("{\"rm\":1,\"id\":\"1\",\"type\":\"t\",\"headers\":[]}\n{}", "headers")]
    [InlineData("{\"rm\":1,\"id\":\"1\",\"type\":\"t\",\"headers\":{\"a\":1}}\n{}", "can't be read")]
    [InlineData("{\"rm\":1,\"id\":\"1\",\"type\":\"t\"} {}\n{}", "can't be read")]
    [InlineData("{\"rm\":1,\"id\":\"1\",\"type\":\"t\"}x\n{}", "can't be read")]
    [InlineData("{\"rm\":1,\"id\":\"\\ud800\",\"type\":\"t\"}\n{}", "can't be read")]
    [InlineData("{\"rm\":1,\"id\":\"1\",\"id\":\"2\",\"type\":\"t\"}\n{}", "'id' is there twice")]
    [InlineData("{\"rm\":1,\"id\":\"1\",\"type\":\"t\",\"type\":\"u\"}\n{}", "'type' is there twice")]
    [InlineData("{\"rm\":1,\"id\":\"1\",\"type\":\"t\",\"headers\":{\"a\":\"1\",\"a\":\"2\"}}\n{}", "'headers.a' is there twice")]
    [InlineData("{\"rm\":0,\"id\":\"1\",\"type\":\"t\"}\n{}", "no version")]
    public void A_broken_header_is_undecodable_and_says_why(string frame, string why) =>
        Refuse(frame, DeadLetterReason.Undecodable).Message.Should().Contain(why);

    [Fact]
    public void Bytes_that_are_not_UTF8_in_a_header_are_undecodable()
    {
        byte[] frame = [.. "{\"rm\":1,\"id\":\""u8, 0xFF, 0xFE, .. "\",\"type\":\"t\"}\n{}"u8];
        var reading = () => EnvelopeReader.Read(frame, out _);
        reading.Should().Throw<UnhandleableMessageException>().Which.Reason.Should().Be(DeadLetterReason.Undecodable);
    }

    [Fact]
    public void Fields_it_does_not_know_are_skipped()
    {
        var header = Read("{\"rm\":1,\"new\":{\"a\":[1,{\"id\":\"no\"}]},\"id\":\"1\",\"list\":[[]],\"type\":\"t\",\"at\":7,\"traceparent\":\"00-1\"}\n{}", out var body);
        (header.MessageId, header.Type, header.PublishedAtMs, body).Should().Be(("1", "t", 7L, "{}"));
    }

    [Fact]
    public void A_publisher_in_another_language_writes_it_by_hand()
    {
        // Python: r.lpush("shop:{emails}:queue", json.dumps(header) + "\n" + json.dumps(body)), with its blanks, escapes and no optional field.
        var header = Read("{\"rm\": 1, \"id\": \"py-1\", \"type\": \"send-email\", \"headers\": {\"\\uc774\\ub984\": \"\\uae40\"}}\n{\"to\": \"a@b\", \"subject\": \"\\uc548\\ub155\"}", out var body);
        header.MessageId.Should().Be("py-1");
        header.Headers.Should().Equal(new Dictionary<string, string> { ["이름"] = "김" });
        Json.Deserialize<SendEmail>(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(body))).Should().Be(new SendEmail("a@b", "안녕"));
    }

    private static EnvelopeHeader Read(string frame, out string body)
    {
        var header = EnvelopeReader.Read(Encoding.UTF8.GetBytes(frame), out var bytes);
        body = Encoding.UTF8.GetString(bytes.Span);
        return header;
    }

    private static UnhandleableMessageException Refuse(string frame, string reason)
    {
        var reading = () => EnvelopeReader.Read(Encoding.UTF8.GetBytes(frame), out _);
        var refused = reading.Should().Throw<UnhandleableMessageException>().Which;
        refused.Reason.Should().Be(reason);
        return refused;
    }

    private sealed class FailsHalfWay : IMessageSerializer
    {
        public bool CanSerialize(Type type, out string? fix)
        {
            fix = null;
            return true;
        }

        public void Serialize<T>(IBufferWriter<byte> writer, T message)
        {
            writer.Write("half"u8);
            throw new InvalidOperationException("Half way.");
        }

        public T? Deserialize<T>(ReadOnlySequence<byte> body) => default;
    }

    private sealed class WritesInside : IMessageSerializer
    {
        public bool CanSerialize(Type type, out string? fix)
        {
            fix = null;
            return true;
        }

        public void Serialize<T>(IBufferWriter<byte> writer, T message)
        {
            writer.Write("["u8);
            EnvelopeWriter.Write(new EnvelopeHeader { MessageId = "inner", Type = "text" }, Json, "inner");
            writer.Write(Encoding.UTF8.GetBytes(message!.ToString()!));
            writer.Write("]"u8);
        }

        public T? Deserialize<T>(ReadOnlySequence<byte> body) => default;
    }
}
