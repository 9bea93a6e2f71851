using System.Buffers;
using System.Collections.Frozen;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RedisMessaging.Publishing.Batching;

namespace RedisMessaging.Serialization.Envelope;

/// <summary>
/// From a JSON object to named texts and back. A string is its text, a number, true and false are as they are written, what is nested is
/// JSON, and null is left out. On the way back a property's type decides what its text becomes; names that no property has are strings.
/// </summary>
internal sealed class JsonFields
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly FrozenSet<Type> Numbers = new[]
    {
        typeof(byte), typeof(sbyte), typeof(short), typeof(ushort), typeof(int), typeof(uint), typeof(long),
        typeof(ulong), typeof(Int128), typeof(UInt128), typeof(Half), typeof(float), typeof(double),
        typeof(decimal),
    }.ToFrozenSet();

    private static readonly FrozenSet<Type> Texts = new[]
    {
        typeof(string), typeof(char), typeof(Guid), typeof(DateTime), typeof(DateTimeOffset),
        typeof(DateOnly), typeof(TimeOnly), typeof(TimeSpan), typeof(Uri), typeof(Version), typeof(byte[]),
        typeof(Memory<byte>), typeof(ReadOnlyMemory<byte>),
    }.ToFrozenSet();

    private readonly Dictionary<string, Field> _fields;

    private JsonFields(Dictionary<string, Field> fields) => _fields = fields;

    /// <summary>The fields of a type; <see langword="null"/> when it is no object in JSON.</summary>
    public static JsonFields? Of(JsonTypeInfo type, JsonSerializerOptions options)
    {
        var fields = new Dictionary<string, Field>(
            options.PropertyNameCaseInsensitive ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
        switch (type.Kind)
        {
            case JsonTypeInfoKind.Dictionary when typeof(IEnumerable<KeyValuePair<string, string>>).IsAssignableFrom(type.Type):
                return new JsonFields(fields);
            case JsonTypeInfoKind.Object:
                foreach (var property in type.Properties)
                {
                    fields[property.Name] = new Field(
                        KindOf(property, options),
                        IsNullable: !property.PropertyType.IsValueType || Nullable.GetUnderlyingType(property.PropertyType) is not null);
                }

                return new JsonFields(fields);
            default:
                return null;
        }
    }

    /// <summary>A JSON object as an array of names and texts; <see langword="null"/> when that would be empty.</summary>
    /// <param name="fields">How many there are.</param>
    public static byte[]? ToFrame(ReadOnlySpan<byte> json, out int fields)
    {
        fields = 0;
        var buffer = new ArrayBufferWriter<byte>(json.Length + 16);
        using var writer = new Utf8JsonWriter(buffer, Options);
        writer.WriteStartArray();
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            if (reader.TokenType == JsonTokenType.Null)
            {
                continue;
            }

            fields++;
            writer.WriteStringValue(name);
            if (reader.TokenType == JsonTokenType.String)
            {
                writer.WriteStringValue(reader.GetString());
                continue;
            }

            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            writer.WriteStringValue(json[start..(int)reader.BytesConsumed]);
        }

        writer.WriteEndArray();
        writer.Flush();
        return fields > 0 ? buffer.WrittenSpan.ToArray() : null;
    }

    /// <summary>A frame as a JSON object of strings, for somebody to look at.</summary>
    /// <exception cref="JsonException">It is no frame.</exception>
    public static byte[] ToText(ReadOnlySpan<byte> frame) => Write(frame, static (writer, name, text) => writer.WriteString(name, text));

    /// <summary>A frame as the JSON object that the serializer reads.</summary>
    /// <param name="texts">Fields that are strings, although they look like something else.</param>
    /// <exception cref="JsonException">It is no frame.</exception>
    public byte[] ToObject(ReadOnlySpan<byte> frame, HashSet<string>? texts) => Write(frame, (writer, name, text) =>
    {
        var field = _fields.GetValueOrDefault(name);
        writer.WritePropertyName(name);
        if (field.IsNullable && text.Length == 0 && field.Kind is not (JsonFieldKind.Text or JsonFieldKind.Any))
        {
            writer.WriteNullValue();
            return;
        }

        switch (field.Kind)
        {
            case JsonFieldKind.Boolean when text is "1" || text.Equals("true", StringComparison.OrdinalIgnoreCase):
                writer.WriteBooleanValue(true);
                break;
            case JsonFieldKind.Boolean when text is "0" || text.Equals("false", StringComparison.OrdinalIgnoreCase):
                writer.WriteBooleanValue(false);
                break;
            case JsonFieldKind.Number when Parse(text) is JsonValueKind.Number:
            case JsonFieldKind.Json when Parse(text) is not null:
            case JsonFieldKind.Any when texts?.Contains(name) != true && Parse(text) is not null:
                writer.WriteRawValue(text);
                break;
            default:
                // A string where there should be none is the serializer's to refuse, who can tell where.
                writer.WriteStringValue(text);
                break;
        }
    });

    /// <summary>The field of several possible kinds that a path in JSON leads to.</summary>
    public string? FindAny(string? path) => path is null
        ? null
        : _fields.FirstOrDefault(
            field =>
                field.Value.Kind == JsonFieldKind.Any
                    && (
                        path.Equals("$." + field.Key, StringComparison.OrdinalIgnoreCase)
                            || path.Equals($"$['{field.Key}']", StringComparison.OrdinalIgnoreCase))).Key;

    private static byte[] Write(ReadOnlySpan<byte> frame, Action<Utf8JsonWriter, string, string> write)
    {
        var buffer = new ArrayBufferWriter<byte>(frame.Length + 16);
        using var writer = new Utf8JsonWriter(buffer, Options);
        writer.WriteStartObject();
        var reader = new Utf8JsonReader(frame);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("The entry's fields can't be read.");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.String)
        {
            var name = reader.GetString()!;
            if (!reader.Read() || reader.TokenType != JsonTokenType.String)
            {
                throw new JsonException("A field of the entry has no value.");
            }

            write(writer, name, reader.GetString()!);
        }

        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static JsonFieldKind KindOf(JsonPropertyInfo property, JsonSerializerOptions options)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (property.CustomConverter is not null || !options.TryGetTypeInfo(type, out var info))
        {
            return JsonFieldKind.Any;
        }

        if (info.Kind != JsonTypeInfoKind.None)
        {
            return JsonFieldKind.Json;
        }

        // A converter of somebody's own may write it as anything.
        if (info.Converter.GetType().Assembly != typeof(JsonSerializer).Assembly)
        {
            return JsonFieldKind.Any;
        }

        return type == typeof(bool) ? JsonFieldKind.Boolean
            : type.IsEnum || Numbers.Contains(type) ? JsonFieldKind.Number
            : Texts.Contains(type) ? JsonFieldKind.Text
            : JsonFieldKind.Any;
    }

    /// <summary>What a text is in JSON; <see langword="null"/> when it is nothing there.</summary>
    private static JsonValueKind? Parse(string text)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
        try
        {
            using var document = JsonDocument.ParseValue(ref reader);
            return reader.Read() ? null : document.RootElement.ValueKind;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private readonly record struct Field(JsonFieldKind Kind, bool IsNullable);
}
