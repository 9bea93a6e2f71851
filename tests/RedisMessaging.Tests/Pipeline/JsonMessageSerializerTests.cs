using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Consuming.Steps;
using RedisMessaging.Serialization;
using RedisMessaging.Serialization.Json;
using RedisMessaging.Tests.Support;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Tests.Pipeline;

public sealed class JsonMessageSerializerTests
{
    private static readonly JsonMessageSerializer Json = new(null, [SampleJson.Default], null);

    [Fact]
    public void Bodies_are_camelCase_and_leave_Korean_unescaped()
    {
        Write(Json, new SendEmail("hong@example.com", "안녕하세요 <b>👋</b>")).Should().Be("{\"to\":\"hong@example.com\",\"subject\":\"안녕하세요 <b>\\uD83D\\uDC4B</b>\"}");
        Read<SendEmail>(Json, "{\"to\":\"a\",\"subject\":\"안녕 👋\"}").Should().Be(new SendEmail("a", "안녕 👋"));
    }

    [Fact]
    public void Strings_and_other_primitives_need_no_context()
    {
        var bare = new JsonMessageSerializer(null, [], null);
        Read<string>(bare, Write(bare, "한 줄\n두 줄")).Should().Be("한 줄\n두 줄");
        Read<long>(bare, Write(bare, long.MinValue)).Should().Be(long.MinValue);
        Read<Guid>(bare, Write(bare, Guid.Empty)).Should().Be(Guid.Empty);
        Read<JsonElement>(bare, "{\"a\":[1]}").GetRawText().Should().Be("{\"a\":[1]}");
    }

    public static TheoryData<object> Primitives()
    {
        var at = new DateTime(2026, 11, 28, 19, 30, 0, DateTimeKind.Utc);
        object[] values =
        [
            true, (byte)1, (sbyte)-1, (short)-2, (ushort)2, -3, 3u, -4L, 4UL, Int128.MinValue, UInt128.MaxValue, (Half)1.5, 1.5f, 1.5, 1.5m, 'x', "text", Guid.NewGuid(), at,
            new DateTimeOffset(at), DateOnly.FromDateTime(at), TimeOnly.FromDateTime(at), TimeSpan.FromTicks(long.MaxValue), new Uri("https://example.com/a?b"), new Version(1, 2, 3, 4),
        ];
        return [.. values];
    }

    [Theory]
    [MemberData(nameof(Primitives), DisableDiscoveryEnumeration = true)]
    public void Primitives_their_arrays_and_their_nullables_need_no_context(object value) =>
        typeof(JsonMessageSerializerTests).GetMethod(nameof(ArrivesWithoutContext), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!
            .MakeGenericMethod(value.GetType()).Invoke(null, [value]);

    /// <summary>Attributes can't hold them.</summary>
    public static TheoryData<string> Halves() => ["a\ud800b", "\udc00", "👋\ud83d", "plain then \ud800\ud800\udc00"];

    [Theory]
    [MemberData(nameof(Halves), DisableDiscoveryEnumeration = true)]
    public void Half_a_surrogate_pair_is_refused_wherever_it_stands(string text)
    {
        var reflecting = new JsonMessageSerializer(null, [SampleJson.Default], new DefaultJsonTypeInfoResolver());
        var asText = () => Write(Json, text);
        var inside = () => Write(Json, new SendEmail("a", text));
        var asKey = () => Write(reflecting, new Dictionary<string, int> { [text] = 1 });
        var inList = () => Write(reflecting, new List<string> { "a", text });
        var withOptions = () => Write(new JsonMessageSerializer(new JsonSerializerOptions { TypeInfoResolver = new DefaultJsonTypeInfoResolver() }, [], null), new SendEmail(text, "a"));
        foreach (var writing in new[] { asText, inside, asKey, inList, withOptions })
        {
            writing.Should().Throw<JsonException>().WithMessage("*half of a surrogate pair at*");
        }

        Write(Json, "next").Should().Be("\"next\"", "nothing is left of what failed");
    }

    [Fact]
    public void Pairs_and_the_replacement_character_are_text() => Read<string>(Json, Write(Json, "👋\ufffd👋🏽")).Should().Be("👋\ufffd👋🏽");

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    [InlineData(500, false)]
    public void What_is_nested_too_deep_to_be_read_is_not_written(int depth, bool isWritten)
    {
        var text = new string('[', depth) + new string(']', depth);
        var element = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 1000 }).RootElement;
        var node = System.Text.Json.Nodes.JsonNode.Parse(text, null, new JsonDocumentOptions { MaxDepth = 1000 })!.AsArray();
        foreach (var writing in new Func<string>[] { () => Write(Json, element), () => Write(Json, node) })
        {
            if (isWritten)
            {
                Read<JsonElement>(Json, writing()).GetRawText().Should().Be(text);
            }
            else
            {
                writing.Should().Throw<JsonException>().WithMessage("*64 deep (MaxDepth)*");
            }
        }
    }

    [Fact]
    public void MaxDepth_of_the_options_holds_for_both_ways()
    {
        var json = new JsonMessageSerializer(new JsonSerializerOptions { MaxDepth = 100 }, [], null);
        var text = new string('[', 100) + new string(']', 100);
        Read<JsonElement>(json, Write(json, JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 100 }).RootElement)).GetRawText().Should().Be(text);
    }

    [Fact]
    public void A_byte_order_mark_is_read_over()
    {
        Read<OrderPlaced>(Json, "\ufeff{\"orderId\":1,\"customer\":\"a\"}").Should().Be(new OrderPlaced(1, "a"));
        Json.Deserialize<OrderPlaced>(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes("\ufeff{\"orderId\":1,\"customer\":\"a\"}"))).Should().Be(new OrderPlaced(1, "a"));
        foreach (var first in new[] { 1, 2, 3 })
        {
            var bytes = Encoding.UTF8.GetBytes("\ufeff7");
            var one = new Segment(bytes.AsMemory(0, first), 0);
            var two = one.Append(bytes.AsMemory(first));
            Json.Deserialize<int>(new ReadOnlySequence<byte>(one, 0, two, two.Memory.Length)).Should().Be(7);
        }

        var reading = () => Read<OrderPlaced>(Json, "\ufeff\ufeff{}");
        reading.Should().Throw<JsonException>("one is all that there is");
        Read<string>(Json, "\"\ufeffa\"").Should().Be("\ufeffa", "in a text it is a character");
    }

    [Fact]
    public void The_bytes_of_a_byte_array_are_the_body()
    {
        byte[] bytes = [0, 10, 255, 34];
        var buffer = new ArrayBufferWriter<byte>();
        Json.Serialize(buffer, bytes);
        buffer.WrittenSpan.ToArray().Should().Equal(bytes, "there is no base64");
        Json.Deserialize<byte[]>(new ReadOnlySequence<byte>(bytes)).Should().Equal(bytes);
        Json.Deserialize<ReadOnlyMemory<byte>>(new ReadOnlySequence<byte>(bytes)).ToArray().Should().Equal(bytes);

        buffer.ResetWrittenCount();
        Json.Serialize<ReadOnlyMemory<byte>>(buffer, bytes);
        buffer.WrittenSpan.ToArray().Should().Equal(bytes);
    }

    [Theory]
    [InlineData("{\"orderId\":1,\"orderId\":2,\"customer\":\"a\"}")]
    [InlineData("{\"orderId\":1,\"customer\":\"a\"}{}")]
    [InlineData("{\"orderId\":1,\"customer\":\"a\"} x")]
    [InlineData("{\"orderId\":1,\"customer\":\"a\"")]
    [InlineData("{\"orderId\":\"one\",\"customer\":\"a\"}")]
    [InlineData("")]
    [InlineData("   ")]
    public void Doubled_trailing_missing_and_wrong_data_is_refused(string body)
    {
        var reading = () => Read<OrderPlaced>(Json, body);
        reading.Should().Throw<JsonException>();
    }

    [Fact]
    public void Blanks_around_a_value_are_no_trailing_data() => Read<OrderPlaced>(Json, " {\"orderId\":1,\"customer\":\"a\"}\r\n ").Should().Be(new OrderPlaced(1, "a"));

    [Theory]
    [InlineData("null", "null")]
    [InlineData("{", "OrderPlaced")]
    public void The_decoder_refuses_null_and_names_the_type(string body, string told)
    {
        var options = new StreamOptions().Carries<OrderPlaced>();
        var topic = new TopicDefinition("orders", TransportCatalog.Get(TransportKind.Stream), options, options.GetMessageTypes());
        var decoder = new MessageDecoder(topic, "group", Json, TimeProvider.System);
        var reading = () => decoder.ReadBody(topic.GetByType(typeof(OrderPlaced)), Encoding.UTF8.GetBytes(body));
        var refused = reading.Should().Throw<UnhandleableMessageException>().Which;
        refused.Reason.Should().Be(DeadLetterReason.Undecodable);
        refused.Message.Should().Contain(told).And.Contain("OrderPlaced");
    }

    [Fact]
    public void A_type_without_type_information_is_told_at_once_with_the_fix()
    {
        Json.CanSerialize(typeof(OrderPlaced), out _).Should().BeTrue();
        Json.CanSerialize(typeof(byte[]), out _).Should().BeTrue();
        Json.CanSerialize(typeof(Unregistered), out var fix).Should().BeFalse();
        fix.Should().Contain("[JsonSerializable(typeof(Unregistered))]").And.Contain("UseJson(").And.Contain("UseReflectionJson()");
    }

    [Fact]
    public void A_converter_that_serializes_a_message_inside_disturbs_nothing()
    {
        JsonMessageSerializer? self = null;
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web) { TypeInfoResolver = new DefaultJsonTypeInfoResolver(), Converters = { new WrappedConverter(() => self!) } };
        self = new JsonMessageSerializer(options, [], null);
        for (var i = 0; i < 3; i++)
        {
            Write(self, new Wrapped(new OrderPlaced(i, "a"))).Should().Be($"{{\"before\":1,\"inner\":\"{{\\u0022orderId\\u0022:{i},\\u0022customer\\u0022:\\u0022a\\u0022}}\",\"after\":2}}");
        }
    }

    [Fact]
    public void A_converter_that_fails_half_way_leaves_nothing_for_the_next_message()
    {
        var options = new JsonSerializerOptions { TypeInfoResolver = new DefaultJsonTypeInfoResolver(), Converters = { new FailingConverter() } };
        var json = new JsonMessageSerializer(options, [], null);
        var writing = () => Write(json, new Wrapped(new OrderPlaced(1, "a")));
        writing.Should().Throw<InvalidOperationException>();
        Write(json, "next").Should().Be("\"next\"");
    }

    [Fact]
    public void Options_of_the_users_own_are_copied_and_kept()
    {
        var options = new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, TypeInfoResolver = new DefaultJsonTypeInfoResolver() };
        var builder = new RedisMessagingBuilder().UseJson(options);
        options.PropertyNamingPolicy = null;
        Write((JsonMessageSerializer)builder.BuildSerializer(), new OrderPlaced(1, "a")).Should().Be("{\"order_id\":1,\"customer\":\"a\"}");
    }

    [Fact]
    public async Task Many_threads_share_one_serializer()
    {
        await Parallel.ForAsync(0, 2_000, (i, _) =>
        {
            Read<OrderPlaced>(Json, Write(Json, new OrderPlaced(i, "손님"))).Should().Be(new OrderPlaced(i, "손님"));
            return ValueTask.CompletedTask;
        });
    }

    private static void ArrivesWithoutContext<T>(T value)
    {
        var bare = new JsonMessageSerializer(null, [], null);
        foreach (var type in new[] { typeof(T), typeof(T[]) })
        {
            bare.CanSerialize(type, out var fix).Should().BeTrue(fix);
        }

        Read<T>(bare, Write(bare, value)).Should().Be(value);
        if (typeof(T) != typeof(byte))
        {
            Read<T[]>(bare, Write(bare, new[] { value, value })).Should().Equal(value, value);
        }

        if (typeof(T).IsValueType)
        {
            bare.CanSerialize(typeof(Nullable<>).MakeGenericType(typeof(T)), out _).Should().BeTrue();
            bare.CanSerialize(typeof(Nullable<>).MakeGenericType(typeof(T)).MakeArrayType(), out _).Should().BeTrue();
        }
    }

    private static string Write<T>(JsonMessageSerializer json, T message)
    {
        var buffer = new ArrayBufferWriter<byte>();
        json.Serialize(buffer, message);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>In two segments, as a body may come.</summary>
    private static T? Read<T>(JsonMessageSerializer json, string body)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var first = new Segment(bytes.AsMemory(0, bytes.Length / 2), 0);
        var second = first.Append(bytes.AsMemory(bytes.Length / 2));
        return json.Deserialize<T>(new ReadOnlySequence<byte>(first, 0, second, second.Memory.Length));
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long runningIndex)
        {
            Memory = memory;
            RunningIndex = runningIndex;
        }

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }

    private sealed class WrappedConverter(Func<JsonMessageSerializer> serializer) : JsonConverter<Wrapped>
    {
        public override Wrapped Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, Wrapped value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            writer.WriteNumber("before", 1);
            var inner = new ArrayBufferWriter<byte>();
            serializer().Serialize(inner, value.Inner);
            writer.WriteString("inner", inner.WrittenSpan);
            writer.WriteNumber("after", 2);
            writer.WriteEndObject();
        }
    }

    private sealed class FailingConverter : JsonConverter<Wrapped>
    {
        public override Wrapped Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, Wrapped value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            throw new InvalidOperationException("Half way.");
        }
    }
}
