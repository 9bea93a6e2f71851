using System.Text;
using System.Text.Json;
using RedisMessaging.Consuming.Steps;
using RedisMessaging.Diagnostics;
using RedisMessaging.Topics.DeadLetters;

namespace RedisMessaging.Serialization.Envelope;

/// <summary>
/// Collects the fields of one JSON header. A field twice is an error: two readers that disagree on which one counts would see two different
/// messages.
/// </summary>
internal struct HeaderReader
{
    private static readonly long MinMs = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long MaxMs = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>In the order that the writer uses, so that most fields are found soon.</summary>
    private static readonly (JsonEncodedText Name, FieldReader Read)[] Fields =
    [
        (EnvelopeFields.Version, static (ref r, ref h) => CheckVersion(ref r)),
        (EnvelopeFields.Id, static (ref r, ref h) => h.ReadId(ref r)),
        (EnvelopeFields.Type, static (ref r, ref h) => h._type = ReadNameOnce(ref r, h._type, "type")),
        (EnvelopeFields.At, static (ref r, ref h) => h._at = ReadTime(ref r, "at")),
        (EnvelopeFields.ExpiresAt, static (ref r, ref h) => h._expires = ReadTimeOnce(ref r, h._expires, "exp")),
        (EnvelopeFields.Source, static (ref r, ref h) => h._source = ReadNameOnce(ref r, h._source, "src")),
        (EnvelopeFields.Key, static (ref r, ref h) => h._key = ReadOnce(ref r, h._key, "key")),
        (EnvelopeFields.CorrelationId, static (ref r, ref h) => h._correlationId = ReadOnce(ref r, h._correlationId, "cid")),
        (EnvelopeFields.ReplyTo, static (ref r, ref h) => h._replyTo = ReadOnce(ref r, h._replyTo, "reply")),
        (EnvelopeFields.InReplyTo, static (ref r, ref h) => h._inReplyTo = ReadOnce(ref r, h._inReplyTo, "re")),
        (EnvelopeFields.ErrorType, static (ref r, ref h) => h._errorType = ReadOnce(ref r, h._errorType, "error")),
        (EnvelopeFields.RedrivenFrom, static (ref r, ref h) => h.ReadRedrivenFrom(ref r)),
        (EnvelopeFields.Headers, static (ref r, ref h) => h._headers = ReadHeadersOnce(ref r, h._headers)),
    ];

    private readonly ReadOnlyMemory<byte> _json;
    private ReadOnlyMemory<byte> _unreadId;
    private string? _id;
    private string? _type;
    private string? _source;
    private string? _key;
    private string? _correlationId;
    private string? _redrivenFrom;
    private string? _replyTo;
    private string? _inReplyTo;
    private string? _errorType;
    private long _at;
    private long? _expires;
    private Dictionary<string, string>? _headers;

    private HeaderReader(ReadOnlyMemory<byte> json) => _json = json;

    private delegate void FieldReader(ref Utf8JsonReader reader, ref HeaderReader header);

    /// <exception cref="JsonException">It is no header.</exception>
    /// <exception cref="UnhandleableMessageException">It has a newer version.</exception>
    public static EnvelopeHeader Read(ReadOnlyMemory<byte> json)
    {
        var header = new HeaderReader(json);
        var reader = new Utf8JsonReader(json.Span);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            header.ReadField(ref reader);
        }

        // The next read throws when anything stands behind the object.
        return reader.TokenType != JsonTokenType.EndObject || reader.Read()
            ? throw new JsonException("The header is not one JSON object.")
            : header.ToHeader();
    }

    private void ReadField(ref Utf8JsonReader reader)
    {
        foreach (ref readonly var field in Fields.AsSpan())
        {
            if (reader.ValueTextEquals(field.Name.EncodedUtf8Bytes))
            {
                field.Read(ref reader, ref this);
                return;
            }
        }

        reader.Skip();
    }

    private readonly EnvelopeHeader ToHeader() => new()
    {
        MessageId = string.IsNullOrEmpty(_id) && _unreadId.IsEmpty ? throw new JsonException("The header has no 'id'.") : _id!,
        UnreadId = _unreadId,
        Type = string.IsNullOrEmpty(_type) ? throw new JsonException("The header has no 'type'.") : _type,
        PublishedAtMs = _at,
        Source = _source,
        Key = _key,
        CorrelationId = _correlationId,
        ReplyTo = _replyTo,
        InReplyTo = _inReplyTo,
        ErrorType = _errorType,
        RedrivenFrom = _redrivenFrom,
        // A redrive asks for the message to be handled although it has expired.
        ExpiresAtMs = _redrivenFrom is null ? _expires : null,
        Headers = _headers,
    };

    private static void CheckVersion(ref Utf8JsonReader reader)
    {
        reader.Read();
        var version = reader.GetInt32();
        if (version < 1)
        {
            throw new JsonException($"'rm' is {version}, which is no version.");
        }

        if (version > EnvelopeFields.CurrentVersion)
        {
            throw new UnhandleableMessageException(
                DeadLetterReason.NewerEnvelope,
                $"The envelope's version is {version}; this library reads up to {EnvelopeFields.CurrentVersion}. Upgrade the consumer.");
        }
    }

    private void ReadId(ref Utf8JsonReader reader)
    {
        if (_id is not null || !_unreadId.IsEmpty)
        {
            throw Doubled("id");
        }

        reader.Read();
        _unreadId = PlainText(reader, _json);
        _id = _unreadId.IsEmpty ? reader.GetString() : null;
    }

    /// <summary>Each redrive puts the field in front of the former ones, so the first one counts.</summary>
    private void ReadRedrivenFrom(ref Utf8JsonReader reader)
    {
        var from = ReadString(ref reader);
        _redrivenFrom ??= from;
    }

    private static Dictionary<string, string> ReadHeadersOnce(ref Utf8JsonReader reader, Dictionary<string, string>? former)
    {
        if (former is not null)
        {
            throw Doubled("headers");
        }

        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("'headers' is not an object.");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (!headers.TryAdd(name, ReadString(ref reader) ?? ""))
            {
                throw Doubled($"headers.{name}");
            }
        }

        return headers;
    }

    private static string? ReadOnce(ref Utf8JsonReader reader, string? former, string name) =>
        former is null ? ReadString(ref reader) : throw Doubled(name);

    private static string? ReadNameOnce(ref Utf8JsonReader reader, string? former, string name) =>
        former is null ? ReadName(ref reader) : throw Doubled(name);

    private static long ReadTimeOnce(ref Utf8JsonReader reader, long? former, string name) =>
        former is null ? ReadTime(ref reader, name) : throw Doubled(name);

    private static JsonException Doubled(string name) => new($"'{BoundedText.Name(name)}' is there twice.");

    private static long ReadTime(ref Utf8JsonReader reader, string name)
    {
        reader.Read();
        var time = reader.GetInt64();
        return time < MinMs || time > MaxMs ? throw new JsonException($"'{name}' is {time}, which is no time in milliseconds.") : time;
    }

    /// <summary>The bytes of a string that needs no decoding; empty for any other.</summary>
    private static ReadOnlyMemory<byte> PlainText(in Utf8JsonReader reader, ReadOnlyMemory<byte> json) =>
        reader.TokenType == JsonTokenType.String && !reader.ValueIsEscaped && Ascii.IsValid(reader.ValueSpan)
            ? json.Slice((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length)
            : default;

    /// <summary>Many messages have the same type or publisher: they share one string.</summary>
    private static string? ReadName(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.String && !reader.ValueIsEscaped
            ? NameCache.Shared.Get(reader.ValueSpan)
            : reader.GetString();
    }

    private static string? ReadString(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.GetString();
    }
}
