using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using RedisMessaging.Publishing.Batching;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams.Reading;

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
            writer.WriteString(EntryFormat.TextOf(fields[i]), EntryFormat.TextOf(fields[i + 1]));
        }

        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }
}
