using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging.Abstractions;
using RedisMessaging.Configuration;
using RedisMessaging.Serialization.Json;
using RedisMessaging.Tests.Support;

namespace RedisMessaging.Tests.Pipeline;

/// <summary>Message types without a context: what serves them, with which settings, and where that is off.</summary>
public sealed partial class JsonReflectionTests
{
    private static readonly Purchase Full = new Gift(7, "서연 <b> 👋 \"quoted\"", Colour.Blue, null, [new(1, 9.90m), new(2, null)], new() { ["FirstKey"] = 1 }, "mit Grüßen")
    {
        At = new DateTimeOffset(2026, 11, 28, 19, 30, 0, TimeSpan.FromHours(9)),
        For = TimeSpan.FromMinutes(1.5),
        Ratio = 0.1,
        Letter = 'é',
        Inner = new Lot<string>("a"),
    };

    public enum Colour
    {
        Red,
        Blue,
    }

    [Fact]
    public void A_type_without_a_context_is_carried_by_default()
    {
        JsonSerializer.IsReflectionEnabledByDefault.Should().BeTrue();
        var json = Built(builder => { });
        Read<Unregistered>(json, Write(json, new Unregistered(7))).Should().Be(new Unregistered(7));
        Configured.Model(builder => builder.AddQueue<Unregistered>("numbers")).Topics.Should().ContainSingle();
    }

    [Fact]
    public void A_context_serves_what_it_knows_and_reflection_the_rest()
    {
        var json = Built(builder => builder.UseJson(InvoiceJson.Default));
        Write(json, new Invoice(42, null)).Should().Be("{\"invoice_number\":42}");
        Write(json, new Unregistered(7)).Should().Be("{\"number\":7}");
        Write(json, new Lot<Invoice>(new Invoice(42, null))).Should().Be("{\"value\":{\"invoiceNumber\":42,\"sentTo\":null}}", "one body has one setting, that of the message");
    }

    [Fact]
    public void Contexts_come_before_the_reflection_that_options_have()
    {
        foreach (var resolver in new[] { null, new DefaultJsonTypeInfoResolver(), JsonTypeInfoResolver.Combine(SampleJson.Default, new DefaultJsonTypeInfoResolver()) })
        {
            var options = new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.KebabCaseLower, TypeInfoResolver = resolver };
            var json = Built(builder => builder.UseJson(options).UseJson(InvoiceJson.Default));
            Write(json, new Invoice(42, null)).Should().Be("{\"invoice_number\":42}");
            Write(json, new OrderPlaced(1, "a")).Should().Be("{\"order-id\":1,\"customer\":\"a\"}");
            Write(json, new Lot<int>(7)).Should().Be("{\"value\":7}");
        }
    }

    [Fact]
    public void Modifiers_of_the_options_reflection_are_used()
    {
        var options = new JsonSerializerOptions { TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { info => info.Properties.Where(property => property.Name == "Customer").ToList().ForEach(property => property.Name = "who") } } };
        Write(Built(builder => builder.UseJson(options)), new OrderPlaced(1, "a")).Should().Be("{\"OrderId\":1,\"who\":\"a\"}");
    }

    [Fact]
    public void A_body_is_the_same_by_a_context_and_by_reflection()
    {
        var (generated, reflecting) = (new JsonMessageSerializer(null, [PurchaseJson.Default], null), Built(builder => { }));
        var body = Write(reflecting, Full);
        body.Should().Be(Write(generated, Full));
        body.Should().StartWith("{\"kind\":\"gift\"").And.Contain("\"colour\":1").And.Contain("\"nothing\":null").And.Contain("\"FirstKey\":1").And.Contain("서연 <b>").And.Contain("\"ratio\":0.1");
        Read<Purchase>(reflecting, body).Should().BeOfType<Gift>().Which.Should().BeEquivalentTo(Full);
        Read<Purchase>(generated, body).Should().BeOfType<Gift>().Which.Should().BeEquivalentTo(Full);
    }

    [Theory]
    [InlineData("{\"ID\":7,\"NAME\":\"a\",\"unknown\":[1]}", "7 a")]
    [InlineData("{\"id\":\"7\"}", "7 ")]
    [InlineData("{\"id\":7,\"id\":8}", null)]
    [InlineData("{\"name\":\"a\"}", null)]
    [InlineData("{\"id\":7,}", null)]
    [InlineData("{\"id\":7.5}", null)]
    public void A_body_is_read_the_same_by_a_context_and_by_reflection(string body, string? read)
    {
        foreach (var json in new[] { new JsonMessageSerializer(null, [PurchaseJson.Default], null), Built(builder => { }) })
        {
            var reading = () => Read<Strict>(json, body);
            if (read is null)
            {
                reading.Should().Throw<JsonException>();
            }
            else
            {
                reading().Should().Match<Strict>(strict => $"{strict.Id} {strict.Name}" == read);
            }
        }
    }

    [Fact]
    public void Options_hold_for_types_by_a_context_and_by_reflection()
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseUpper,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            Converters = { new JsonStringEnumConverter<Colour>() },
            DictionaryKeyPolicy = JsonNamingPolicy.KebabCaseLower,
        };
        var (generated, reflecting) = (new JsonMessageSerializer(options, [PurchaseJson.Default], null), Built(builder => builder.UseJson(options)));
        var body = Write(reflecting, Full);
        body.Should().Be(Write(generated, Full));
        body.Should().Contain("\"COLOUR\":\"Blue\"").And.Contain("\"first-key\":1").And.NotContain("NOTHING");
    }

    [Fact]
    public void Without_reflection_a_type_that_no_context_knows_fails_the_start_with_the_fix()
    {
        var builder = new RedisMessagingBuilder().UseJson(SampleJson.Default).AddQueue<Unregistered>("numbers");
        var json = new JsonMessageSerializer(null, [SampleJson.Default], null);
        FluentActions.Invoking(() => BusModel.Build(builder, builder.Options, Configured.Section(), "app", json, NullLogger.Instance))
            .Should().Throw<RedisMessagingConfigurationException>()
            .WithMessage("Topic 'numbers'*'Unregistered'*JSON by reflection is off*JsonSerializer.IsReflectionEnabledByDefault*[JsonSerializable(typeof(Unregistered))]*UseJson(*UseReflectionJson()*");
    }

    [Fact]
    public void Reflection_that_is_asked_for_serves_where_it_is_off_by_default() =>
        new RedisMessagingBuilder().UseReflectionJson().BuildSerializer().CanSerialize(typeof(Unregistered), out _).Should().BeTrue();

    private static JsonMessageSerializer Built(Action<RedisMessagingBuilder> configure)
    {
        var builder = new RedisMessagingBuilder();
        configure(builder);
        return (JsonMessageSerializer)builder.BuildSerializer();
    }

    private static string Write<T>(JsonMessageSerializer json, T message)
    {
        var buffer = new ArrayBufferWriter<byte>();
        json.Serialize(buffer, message);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static T? Read<T>(JsonMessageSerializer json, string body) => json.Deserialize<T>(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(body)));

    [JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
    [JsonDerivedType(typeof(Gift), "gift")]
    public abstract record Purchase(int Id, string Name, Colour Colour, string? Nothing, List<PurchaseLine> Lines, Dictionary<string, int> Counts)
    {
        public DateTimeOffset At { get; init; }

        public TimeSpan For { get; init; }

        public double Ratio { get; init; }

        public char Letter { get; init; }

        public Lot<string>? Inner { get; init; }

        [JsonIgnore]
        public string Ignored => Name;

        public decimal? Total => Lines.Sum(line => line.Price);
    }

    public sealed record Gift(int Id, string Name, Colour Colour, string? Nothing, List<PurchaseLine> Lines, Dictionary<string, int> Counts, string Card) : Purchase(Id, Name, Colour, Nothing, Lines, Counts);

    public sealed record PurchaseLine(int Number, [property: JsonPropertyName("price_each")] decimal? Price);

    public sealed record Lot<T>(T Value);

    public sealed record Invoice(int InvoiceNumber, string? SentTo);

    public sealed class Strict
    {
        public required int Id { get; init; }

        public string? Name { get; set; }
    }

    [JsonSerializable(typeof(Purchase))]
    [JsonSerializable(typeof(Strict))]
    private sealed partial class PurchaseJson : JsonSerializerContext;

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonSerializable(typeof(Invoice))]
    private sealed partial class InvoiceJson : JsonSerializerContext;
}
