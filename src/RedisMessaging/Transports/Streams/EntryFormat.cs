using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using RedisMessaging.Publishing.Batching;
using RedisMessaging.Redis.Scripting;
using RedisMessaging.Transports.Streams.Reading;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams;

/// <summary>How a message stands in an entry of the topic's stream; what stands beside the stream is the library's own, and holds frames.</summary>
internal sealed class EntryFormat
{
    /// <summary>One field for the whole frame: with six an XADD takes twice the time and the memory.</summary>
    public const string FrameName = "m";

    private static readonly RedisValue FrameField = FrameName;

    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly EntryFormat Envelope = new(EmbeddedScript.EntryEnvelope, isRaw: false);
    private static readonly EntryFormat Raw = new(EmbeddedScript.EntryRaw, isRaw: true);

    private readonly bool _isRaw;

    private EntryFormat(string entry, bool isRaw)
    {
        _isRaw = isRaw;
        Send = EmbeddedScript.Load("stream-send", entry);
        Due = EmbeddedScript.Load("stream-move-due", entry);
        Leave = EmbeddedScript.Load("stream-leave-group", entry);
        Take = EmbeddedScript.Load("group-take-over-pending", entry);
        Redrive = EmbeddedScript.Load("stream-redrive", entry);
    }

    /// <summary>Whether the frame is all that an entry holds, in one field.</summary>
    public bool HasOneField => !_isRaw;

    public string Send { get; }

    public string Due { get; }

    public string Leave { get; }

    public string Take { get; }

    public string Redrive { get; }

    public static EntryFormat Of(TopicOptions options) => options.Format == MessageFormat.Raw ? Raw : Envelope;

    /// <summary>The fields of an entry. A raw frame is a JSON array of names and values, all of them strings.</summary>
    public NameValueEntry[] FieldsOf(ReadOnlyMemory<byte> frame)
    {
        if (!_isRaw)
        {
            return [new NameValueEntry(FrameField, frame)];
        }

        var fields = new List<NameValueEntry>();
        var reader = new Utf8JsonReader(frame.Span);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.String)
        {
            var name = reader.GetString();
            reader.Read();
            fields.Add(new NameValueEntry(name, reader.GetString()));
        }

        return [.. fields];
    }

    /// <inheritdoc cref="FrameOf(ReadOnlySpan{RedisResult})"/>
    public ReadOnlyMemory<byte> FrameOf(NameValueEntry[] fields) => !_isRaw && fields is [var only] && only.Name == FrameField
        ? only.Value
        : FrameOf(StreamReply.Flatten(fields));

    /// <summary>The frame of an entry, whoever wrote it.</summary>
    public ReadOnlyMemory<byte> FrameOf(ReadOnlySpan<RedisResult> fields)
    {
        if (!_isRaw)
        {
            // With other fields beside it another program wrote it, and all of them have to be kept.
            return fields.Length == 2 && (RedisValue)fields[0] == FrameField ? (ReadOnlyMemory<byte>)(RedisValue)fields[1] : ForeignEntry.Encode(fields);
        }

        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, Json);
        writer.WriteStartArray();
        foreach (var field in fields)
        {
            writer.WriteStringValue(TextOf(field));
        }

        writer.WriteEndArray();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>Bytes that are no text would be replaced in a JSON string, and lost.</summary>
    public static string TextOf(RedisResult value)
    {
        ReadOnlyMemory<byte> bytes = (RedisValue)value;
        return Utf8.IsValid(bytes.Span) ? Encoding.UTF8.GetString(bytes.Span) : "data:;base64," + Convert.ToBase64String(bytes.Span);
    }
}
