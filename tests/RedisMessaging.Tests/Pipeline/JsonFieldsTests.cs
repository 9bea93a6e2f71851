using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using RedisMessaging.Serialization;
using RedisMessaging.Serialization.Envelope;
using RedisMessaging.Tests.Support;

namespace RedisMessaging.Tests.Pipeline;

/// <summary>A message's properties as the fields of a stream entry.</summary>
public sealed class JsonFieldsTests
{
    [Fact]
    public void All_kinds_of_properties_go_there_and_back()
    {
        var message = new Everything
        {
            Text = "a \"b\"\n서연",
            Number = 9007199254740993,
            Exact = 1234567890123456789.10m,
            Is = true,
            Maybe = null,
            Colour = Colour.Blue,
            Named = Colour.Green,
            At = DateTimeOffset.Parse("2026-11-21T17:00:00+09:00", System.Globalization.CultureInfo.InvariantCulture),
            Bytes = [1, 2, 255],
            Inner = new Inner(1, ["x", "y"]),
            Id = new OrderNumber("42"),
            Other = new OrderNumber("43"),
            Anything = JsonDocument.Parse("{\"a\":[1,2]}").RootElement,
        };
        var format = Format();

        var frame = format.Write("topic", Header, Type, message);
        var back = (Everything)format.ReadBody(Type, frame)!;

        Fields(frame.ToArray()).Should().Equal(
            "text", "a \"b\"\n서연", "number", "9007199254740993", "exact", "1234567890123456789.10", "is", "true", "colour", "2", "named", "Green", "at", "2026-11-21T17:00:00+09:00",
            "bytes", "AQL/", "inner", """{"a":1,"b":["x","y"]}""", "id", "42", "other", "43", "anything", """{"a":[1,2]}""");
        back.Should().BeEquivalentTo(message, options => options.Excluding(m => m.Anything));
        back.Anything.ToString().Should().Be("""{"a":[1,2]}""");
    }

    [Theory]
    [InlineData("""["Number","5","is","1"]""", 5, true, null)]
    [InlineData("""["number","-5","is","0","maybe",""]""", -5, false, null)]
    [InlineData("""["number","5","is","True","maybe","7","other","field"]""", 5, true, 7)]
    public void What_others_write_is_read_by_the_properties_types(string frame, long number, bool isTrue, int? maybe)
    {
        var message = (Everything)Format().ReadBody(Type, Encoding.UTF8.GetBytes(frame))!;

        (message.Number, message.Is, message.Maybe).Should().Be((number, isTrue, maybe));
    }

    [Theory]
    [InlineData("""["number","many"]""", "$.number")]
    [InlineData("""["is","perhaps"]""", "$.is")]
    [InlineData("""["number",""]""", "$.number")]
    [InlineData("""["inner","no json"]""", "$.inner")]
    [InlineData("""["number","1","number","2"]""", "number")]
    public void What_can_t_be_read_is_told_by_its_name(string frame, string told)
    {
        var reading = () => Format().ReadBody(Type, Encoding.UTF8.GetBytes(frame));

        reading.Should().Throw<JsonException>().WithMessage($"*{told}*");
    }

    [Fact]
    public void A_message_of_nulls_has_no_entry()
    {
        var type = MessageType.Of<Empty>(null, []);
        var format = Configured.Format<Empty>(Raw);

        format.Invoking(f => f.Write("topic", Header, type, new Empty(null))).Should().Throw<PublishRefusedException>().WithMessage("*null*");
    }

    [Fact]
    public void Of_a_dictionary_the_entries_are_the_fields()
    {
        var type = MessageType.Of<Dictionary<string, string>>(null, []);
        var format = Configured.Format<Dictionary<string, string>>(Raw);
        var message = new Dictionary<string, string> { ["user_id"] = "1", ["flag"] = "true", ["json"] = "{\"a\":1}" };

        var frame = format.Write("topic", Header, type, message);

        Fields(frame.ToArray()).Should().Equal("user_id", "1", "flag", "true", "json", "{\"a\":1}");
        format.ReadBody(type, frame).Should().BeEquivalentTo(message);
    }

    private static readonly MessageType Type = MessageType.Of<Everything>(null, []);

    private static EnvelopeHeader Header => new() { MessageId = "1", Type = "everything" };

    private static FrameFormat Format() => Configured.Format<Everything>(Raw);

    private static void Raw(StreamOptions options) => options.Format = MessageFormat.Raw;

    private static string[] Fields(byte[] frame) => [.. JsonDocument.Parse(frame).RootElement.EnumerateArray().Select(field => field.GetString()!)];

    public sealed record Everything
    {
        public string? Text { get; init; }

        public long Number { get; init; }

        public decimal? Exact { get; init; }

        public bool Is { get; init; }

        public int? Maybe { get; init; }

        public Colour? Colour { get; init; }

        [JsonConverter(typeof(JsonStringEnumConverter<Colour>))]
        public Colour? Named { get; init; }

        public DateTimeOffset? At { get; init; }

        public byte[]? Bytes { get; init; }

        public Inner? Inner { get; init; }

        public OrderNumber? Id { get; init; }

        public OrderNumber? Other { get; init; }

        public JsonElement Anything { get; init; }
    }

    public sealed record Inner(int A, string[] B);

    public sealed record Empty(string? Text);

    public enum Colour
    {
        Red,
        Green,
        Blue,
    }

    /// <summary>Written as a string, though it looks like a number.</summary>
    [JsonConverter(typeof(OrderNumberConverter))]
    public sealed record OrderNumber(string Value);

    public sealed class OrderNumberConverter : JsonConverter<OrderNumber>
    {
        public override OrderNumber Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new JsonException("An order number is a string."));

        public override void Write(Utf8JsonWriter writer, OrderNumber value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
    }
}
