using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using RedisMessaging.Serialization.Json;

namespace RedisMessaging.Tests.Pipeline;

/// <summary>A context's attribute and options mean what they say, also beside other contexts.</summary>
public sealed partial class JsonContextTests
{
    private const string Contract = "{\"invoice_number\":\"42\",\"sent_to\":\"서연\"}";

    public enum Colour
    {
        Red,
        Blue,
    }

    [Fact]
    public void What_the_attribute_says_holds_for_reading_and_writing()
    {
        var json = new JsonMessageSerializer(null, [ContractOfOthers.Default], null);
        Write(json, new Invoice(42, "서연")).Should().Be(Contract);
        Read<Invoice>(json, Contract).Should().Be(new Invoice(42, "서연"));
    }

    [Fact]
    public void Each_context_has_its_own_settings()
    {
        foreach (var json in new[] { new JsonMessageSerializer(null, [ContractOfOthers.Default, Plain.Default], null), new JsonMessageSerializer(null, [Plain.Default, ContractOfOthers.Default], null) })
        {
            Write(json, new Invoice(42, "서연")).Should().Be(Contract);
            Write(json, new Note(7, null)).Should().Be("{\"noteNumber\":7,\"text\":null}", "without an attribute the library's own settings hold");
            Read<Note>(json, "{\"NOTENUMBER\":\"7\"}").Should().Be(new Note(7, null));
        }
    }

    [Fact]
    public void What_the_attribute_leaves_open_is_as_without_it()
    {
        var json = new JsonMessageSerializer(null, [Named.Default], null);
        Write(json, new Painted(Colour.Blue, "넓다 <b>")).Should().Be("{\"inColour\":\"Blue\",\"text\":\"넓다 <b>\"}");
        FluentActions.Invoking(() => Read<Painted>(json, "{\"inColour\":\"Blue\",\"inColour\":\"Red\"}")).Should().Throw<JsonException>();
    }

    [Fact]
    public void A_value_that_is_the_default_elsewhere_is_said_all_the_same()
    {
        var json = new JsonMessageSerializer(null, [Explicit.Default], null);
        Write(json, new Note(7, "a")).Should().Be("{\"NoteNumber\":7,\"Text\":\"a\"}");
        Read<Note>(json, "{\"noteNumber\":7,\"text\":\"a\"}").Should().NotBe(new Note(7, "a"), "case counts");
        Read<Note>(json, "{\"NoteNumber\":7,\"NoteNumber\":8}").Should().Be(new Note(8, null), "AllowDuplicateProperties is set");
        Write(new JsonMessageSerializer(null, [General.Default], null), new Note(7, "a")).Should().Be("{\"NoteNumber\":7,\"Text\":\"a\"}");
    }

    [Fact]
    public void A_context_made_with_options_has_all_of_them()
    {
        var options = new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.KebabCaseUpper, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
        var json = new JsonMessageSerializer(null, [new Plain(options)], null);
        Write(json, new Note(7, null)).Should().Be("{\"NOTE-NUMBER\":7}");
    }

    [Fact]
    public void Options_for_all_hold_where_a_context_leaves_them_open()
    {
        var options = new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.KebabCaseLower, MaxDepth = 5 };
        var json = new JsonMessageSerializer(options, [ContractOfOthers.Default, Plain.Default], null);
        Write(json, new Invoice(42, "서연")).Should().StartWith("{\"invoice_number\":\"42\"");
        Write(json, new Note(7, null)).Should().Be("{\"note-number\":7,\"text\":null}");
    }

    [Fact]
    public void Dictionary_keys_null_handling_and_naming_of_enums_are_the_context_s()
    {
        var json = new JsonMessageSerializer(null, [Many.Default], null);
        Write(json, new Box(new() { ["FirstKey"] = 1 }, null)).Should().Be("{\"items\":{\"first-key\":1}}");
    }

    private static string Write<T>(JsonMessageSerializer json, T message)
    {
        var buffer = new ArrayBufferWriter<byte>();
        json.Serialize(buffer, message);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static T? Read<T>(JsonMessageSerializer json, string body) => json.Deserialize<T>(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(body)));

    public sealed record Invoice(int InvoiceNumber, string SentTo);

    public sealed record Note(int NoteNumber, string? Text);

    public sealed record Painted(Colour InColour, string Text);

    public sealed record Box(Dictionary<string, int> Items, string? Nothing);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, NumberHandling = JsonNumberHandling.AllowReadingFromString | JsonNumberHandling.WriteAsString)]
    [JsonSerializable(typeof(Invoice))]
    private sealed partial class ContractOfOthers : JsonSerializerContext;

    [JsonSerializable(typeof(Note))]
    private sealed partial class Plain : JsonSerializerContext;

    [JsonSourceGenerationOptions(UseStringEnumConverter = true)]
    [JsonSerializable(typeof(Painted))]
    private sealed partial class Named : JsonSerializerContext;

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.Unspecified, PropertyNameCaseInsensitive = false, AllowDuplicateProperties = true)]
    [JsonSerializable(typeof(Note))]
    private sealed partial class Explicit : JsonSerializerContext;

    [JsonSourceGenerationOptions(JsonSerializerDefaults.General)]
    [JsonSerializable(typeof(Note))]
    private sealed partial class General : JsonSerializerContext;

    [JsonSourceGenerationOptions(DictionaryKeyPolicy = JsonKnownNamingPolicy.KebabCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonSerializable(typeof(Box))]
    private sealed partial class Many : JsonSerializerContext;
}
