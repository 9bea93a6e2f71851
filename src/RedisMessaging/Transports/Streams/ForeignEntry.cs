using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams;

/// <summary>
/// Makes a frame of what another program wrote: a JSON object of its fields. It has no envelope, so the pipeline keeps it aside as foreign, with all of its fields.
/// </summary>
internal static class ForeignEntry
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static ReadOnlyMemory<byte> Encode(ReadOnlySpan<RedisResult> fields)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, Options);
        writer.WriteStartObject();
        for (var i = 0; i + 1 < fields.Length; i += 2)
        {
            writer.WriteString(TextOf(fields[i]), TextOf(fields[i + 1]));
        }

        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    private static string TextOf(RedisResult value)
    {
        ReadOnlyMemory<byte> bytes = (RedisValue)value;
        // Bytes that are no text would be replaced in a JSON string, and lost.
        return Utf8.IsValid(bytes.Span) ? Encoding.UTF8.GetString(bytes.Span) : "data:;base64," + Convert.ToBase64String(bytes.Span);
    }
}
