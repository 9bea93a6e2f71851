using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using RedisMessaging.Publishing.Batching;

namespace RedisMessaging.Serialization.Envelope;

/// <summary>
/// Writes a frame: a JSON object, a newline, the body as the serializer wrote it. A JSON string can't hold a raw newline, so the
/// first one ends the header; the body is never encoded a second time.
/// </summary>
internal static class EnvelopeWriter
{
    private const int LargestKeptBuffer = 1 << 20;

    private static readonly JsonWriterOptions Options =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? _json;

    public static byte[] Write<T>(in EnvelopeHeader header, IMessageSerializer serializer, T message)
    {
        var buffer = Begin(header);
        serializer.Serialize(buffer, message);
        return End(buffer);
    }

    /// <summary>A frame in an array of <see cref="ArrayPool{T}.Shared"/>.</summary>
    public static ReadOnlyMemory<byte> Rent<T>(in EnvelopeHeader header, IMessageSerializer serializer, T message)
    {
        var buffer = Begin(header);
        serializer.Serialize(buffer, message);
        return EndRented(buffer);
    }

    /// <inheritdoc cref="Rent{T}(in EnvelopeHeader, IMessageSerializer, T)"/>
    public static ReadOnlyMemory<byte> Rent(in EnvelopeHeader header, IMessageSerializer serializer, MessageType type, object message)
    {
        var buffer = Begin(header);
        type.Serialize(serializer, buffer, message);
        return EndRented(buffer);
    }

    public static byte[] Write(in EnvelopeHeader header, ReadOnlySpan<byte> body)
    {
        var buffer = Begin(header);
        buffer.Write(body);
        return End(buffer);
    }

    private static ArrayBufferWriter<byte> Begin(in EnvelopeHeader header)
    {
        // Taken, not borrowed: a serializer that publishes inside Serialize gets a buffer of its own.
        var buffer = Interlocked.Exchange(ref _buffer, null) ?? new ArrayBufferWriter<byte>(1024);
        buffer.ResetWrittenCount();
        if (PlainHeader.TryWrite(buffer, header))
        {
            return buffer;
        }

        var json = _json ??= new Utf8JsonWriter(buffer, Options);
        json.Reset(buffer);
        json.WriteStartObject();
        json.WriteNumber(EnvelopeFields.Version, EnvelopeFields.CurrentVersion);
        json.WriteString(EnvelopeFields.Id, header.MessageId);
        json.WriteString(EnvelopeFields.Type, header.Type);
        json.WriteNumber(EnvelopeFields.At, header.PublishedAtMs);
        WriteIfGiven(json, EnvelopeFields.Source, header.Source);
        WriteIfGiven(json, EnvelopeFields.Key, header.Key);
        WriteIfGiven(json, EnvelopeFields.CorrelationId, header.CorrelationId);
        WriteIfGiven(json, EnvelopeFields.ReplyTo, header.ReplyTo);
        WriteIfGiven(json, EnvelopeFields.InReplyTo, header.InReplyTo);
        WriteIfGiven(json, EnvelopeFields.ErrorType, header.ErrorType);
        if (header.ExpiresAtMs is { } expires)
        {
            json.WriteNumber(EnvelopeFields.ExpiresAt, expires);
        }

        if (header.Headers is { Count: > 0 } headers)
        {
            json.WriteStartObject(EnvelopeFields.Headers);
            foreach (var (name, value) in headers)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.Flush();
        buffer.Write("\n"u8);
        return buffer;
    }

    private static byte[] End(ArrayBufferWriter<byte> buffer)
    {
        var frame = buffer.WrittenSpan.ToArray();
        Keep(buffer);
        return frame;
    }

    private static ReadOnlyMemory<byte> EndRented(ArrayBufferWriter<byte> buffer)
    {
        var frame = ArrayPool<byte>.Shared.Rent(buffer.WrittenCount);
        buffer.WrittenSpan.CopyTo(frame);
        var written = buffer.WrittenCount;
        Keep(buffer);
        return frame.AsMemory(0, written);
    }

    private static void Keep(ArrayBufferWriter<byte> buffer)
    {
        if (buffer.Capacity <= LargestKeptBuffer)
        {
            _buffer = buffer;
        }
    }

    private static void WriteIfGiven(Utf8JsonWriter json, JsonEncodedText field, string? value)
    {
        if (value is not null)
        {
            json.WriteString(field, value);
        }
    }
}
